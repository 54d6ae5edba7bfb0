using System.Text;
using Ingest.Events;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Sentry;

/// <summary>
/// Takes an envelope as one event: a line of JSON, then items, which may be binary and are not looked into. The line's <c>event_id</c> is
/// the event's id. It tells no repeats: the SDKs send nothing again, and feedback on an event comes with that event's id.
/// </summary>
/// <remarks>
/// Whatever is refused, the SDKs drop. A 429 would silence them for a while beside, so what passes is 503.
/// </remarks>
internal sealed class SentryIntake(DialectOptions options) : DialectIntake(options)
{
    private static readonly ReadOnlyMemory<byte> EnvelopeType = "application/x-sentry-envelope"u8.ToArray();

    /// <inheritdoc/>
    public override string FallbackStream => "sentry";

    /// <summary>The public key of the DSN, in the query or in <c>X-Sentry-Auth: Sentry name=value, …</c>.</summary>
    public override DialectCredentials FindKey(HttpRequest request) =>
        DialectCredentials.Of(request.Query["sentry_key"]).Or(OfHeader(request.Headers["X-Sentry-Auth"].ToString()));

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        if (body.IsEmpty)
        {
            return BodyLimits.Empty;
        }
        var end = body.IndexOf((byte)'\n');
        var head = end < 0 ? body : body[..end];
        var cursor = new JsonCursor(head, events.JsonDepthMax, out var problem);
        if (!problem.IsNone || cursor.Peek() != '{' || !cursor.Value(out var value) || !cursor.End().IsNone)
        {
            return problem.IsNone && cursor.Problem.IsNone
                ? new Problem(ProblemKind.MalformedJson, "An envelope begins with a line that is a JSON object.", 0)
                : cursor.Problem;
        }
        var written = JsonText.Member(value, "event_id"u8);
        var id = written.Contains((byte)'\\') || written.Length > 66 ? default : JsonText.Of(written);
        events.State = Encoding.UTF8.GetString(id);
        events.Are(EventFormat.Opaque, EnvelopeType);
        events.Share("sentry-project"u8, Encoding.UTF8.GetBytes(request.RouteValues["project"] as string ?? ""));
        return events.Add(body, new DialectEvent(body) { Id = id });
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt)
    {
        var id = receipt.State as string ?? "";
        DialectResponse.WriteJson(context, StatusCodes.Status200OK, id.Length == 0 ? "{}" : $"{{\"id\":{DialectResponse.Quoted(id)}}}");
    }

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var status = refusal.IsLater ? StatusCodes.Status503ServiceUnavailable : kind.Status;
        DialectResponse.WriteJson(
            context, status, $"{{\"detail\":{DialectResponse.Quoted($"{kind.Code}: {refusal.Problem.Detail}")},\"causes\":[]}}");
    }

    private static DialectCredentials OfHeader(string header)
    {
        const string Name = "sentry_key=";
        foreach (var part in header.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.StartsWith(Name, StringComparison.OrdinalIgnoreCase))
            {
                return DialectCredentials.Of(part[Name.Length..]);
            }
        }
        return DialectCredentials.None;
    }
}
