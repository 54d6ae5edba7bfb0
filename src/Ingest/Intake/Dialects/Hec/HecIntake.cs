using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Hec;

/// <summary>What both of the collector's inputs have: tokens, acknowledgements and answers.</summary>
internal abstract class HecIntake(HecDialectOptions options) : DialectIntake(options)
{
    internal const string ChannelHeader = "X-Splunk-Request-Channel";

    /// <summary>An acknowledgement's id is the number of the request's last event: JSON numbers are exact up to here.</summary>
    internal const long AckMax = (1L << 53) - 1;

    /// <inheritdoc/>
    public override DialectCredentials FindKey(HttpRequest request) => Credentials(request);

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt)
    {
        var wanted = options.Ack != HecAck.Off && HasChannel(context.Request) && receipt.Last <= AckMax;
        HecAnswer.Success.Write(context, wanted ? ",\"ackId\":" + DialectResponse.Text(receipt.Last) : "");
    }

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var problem = refusal.Problem;
        var answer = refusal.State as HecAnswer ?? Find(context.Request, refusal);
        var number = problem.Place is { Index: >= 0 } place && answer.Status == 400
            ? ",\"invalid-event-number\":" + DialectResponse.Text(place.Index)
            : "";
        answer.Write(context, number);
        if (answer.Status == 400 && problem.Kind.Status is not (400 or 403 or 404))
        {
            context.Response.StatusCode = problem.Kind.Status;
        }
    }

    internal static DialectCredentials Credentials(HttpRequest request) =>
        DialectCredentials.OfAuthorization(request).Or(DialectCredentials.Of(request.Query["token"]));

    internal static bool HasChannel(HttpRequest request) =>
        !string.IsNullOrEmpty(request.Headers[ChannelHeader]) || !string.IsNullOrEmpty(request.Query["channel"]);

    private static HecAnswer Find(HttpRequest request, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        if (refusal.IsLater || kind == ProblemKind.BodyTimeout)
        {
            return HecAnswer.Busy;
        }
        if (kind == ProblemKind.Unauthenticated)
        {
            return Credentials(request).IsEmpty ? HecAnswer.NoToken : HecAnswer.InvalidToken;
        }
        if (kind == ProblemKind.EmptyBody)
        {
            return HecAnswer.NoData;
        }
        if (kind == ProblemKind.UnknownStream || kind == ProblemKind.Forbidden)
        {
            return HecAnswer.IncorrectIndex;
        }
        return kind.Status == 413 ? HecAnswer.TooLarge : kind.Status >= 500 ? HecAnswer.InternalError : HecAnswer.InvalidData;
    }
}
