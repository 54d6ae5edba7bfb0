using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Seq;

/// <summary>Seq's ingestion: compact log events (CLEF) as lines, or an object with an array of events.</summary>
internal sealed class SeqDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "seq";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options)
    {
        var intake = new SeqIntake(options);
        return [DialectRoute.Takes("/api/events/raw", intake), DialectRoute.Takes("/ingest/clef", intake)];
    }
}

/// <summary>Takes CLEF. What passes is 503: a client of Seq's own drops a 429.</summary>
internal sealed class SeqIntake(DialectOptions options) : DialectIntake(options)
{
    /// <inheritdoc/>
    public override string FallbackStream => "seq";

    /// <inheritdoc/>
    public override DialectCredentials FindKey(HttpRequest request) => DialectCredentials.Of(request.Headers["X-Seq-ApiKey"])
        .Or(DialectCredentials.Of(request.Query["apiKey"])).Or(DialectCredentials.OfAuthorization(request));

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        if (IsEnvelope(body, events.JsonDepthMax))
        {
            return JsonEvents.ReadMember(body, "Events"u8, events);
        }
        var cursor = new JsonCursor(body, events.JsonDepthMax, out var problem);
        return problem.IsNone ? JsonEvents.ReadValues(ref cursor, body, events) : problem;
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) => DialectResponse.Write(
        context, StatusCodes.Status201Created, "application/json", "{\"MinimumLevelAccepted\":null}"u8);

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal) => DialectResponse.WriteJson(
        context,
        refusal.IsLater ? StatusCodes.Status503ServiceUnavailable : refusal.Problem.Kind.Status,
        $"{{\"Error\":{DialectResponse.Quoted(refusal.Problem.Detail)}}}");

    private static bool IsEnvelope(ReadOnlySpan<byte> body, int depthMax)
    {
        var cursor = new JsonCursor(body, depthMax, 0, int.MaxValue);
        var first = true;
        return cursor.TrySkip((byte)'{') && cursor.NextMember(ref first, out var name) && name.SequenceEqual("Events"u8);
    }
}
