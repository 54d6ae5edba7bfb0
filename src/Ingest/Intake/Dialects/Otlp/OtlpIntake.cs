using Ingest.Events;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Otlp;

/// <summary>
/// Takes an export request of one signal. The event is the body as it was sent, which is what the Collector's Kafka receiver reads
/// (<c>otlp_proto</c>, <c>otlp_json</c>).
/// </summary>
/// <remarks>
/// Answers (OTLP 1.x, section OTLP/HTTP): 200 with an empty message in the request's encoding; 503 with Retry-After is the one refusal all
/// clients take as retryable.
/// </remarks>
internal sealed class OtlpIntake(DialectOptions options, string stream) : DialectIntake(options)
{
    private const string ProtobufType = "application/x-protobuf";

    /// <inheritdoc/>
    public override string FallbackStream => stream;

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        if (IsJson(request, body))
        {
            events.Are(EventFormat.Json, MediaTypeNames.Json);
            return ReadJson(body, events);
        }
        return OtlpProtobuf.Read(body, events);
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt)
    {
        // An empty message: all of the request was taken. In protobuf that is no byte at all.
        var json = AnswersJson(context.Request);
        DialectResponse.Write(context, StatusCodes.Status200OK, json ? "application/json" : ProtobufType, json ? "{}"u8 : default);
    }

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var status = refusal.IsLater ? StatusCodes.Status503ServiceUnavailable
            : kind.Status == StatusCodes.Status408RequestTimeout ? StatusCodes.Status503ServiceUnavailable
            : kind.Status;
        if (refusal.RetrySeconds > OtlpStatus.RetrySecondsMax)
        {
            context.Response.Headers.RetryAfter = DialectResponse.Text(OtlpStatus.RetrySecondsMax);
        }
        var (code, message) = (OtlpStatus.Code(kind, refusal.IsLater), OtlpStatus.Message(refusal.Problem));
        if (AnswersJson(context.Request))
        {
            DialectResponse.WriteJson(context, status, $"{{\"code\":{code},\"message\":{DialectResponse.Quoted(message)}}}");
            return;
        }
        DialectResponse.Write(context, status, ProtobufType, OtlpStatus.Encode(code, message));
    }

    private static bool AnswersJson(HttpRequest request) =>
        request.ContentType is { } type && type.Contains("json", StringComparison.OrdinalIgnoreCase);

    // The path decides what it is. '{' begins no protobuf message of today; '\n' is the tag of field 1, and a blank in JSON.
    private static bool IsJson(HttpRequest request, ReadOnlySpan<byte> body) =>
        (!body.IsEmpty && body[0] == '{') || AnswersJson(request);

    private static Problem ReadJson(ReadOnlySpan<byte> body, DialectEvents events)
    {
        var cursor = new JsonCursor(body, events.JsonDepthMax, out var problem);
        if (!problem.IsNone)
        {
            return problem;
        }
        if (cursor.Peek() != '{')
        {
            return body.IsEmpty ? BodyLimits.Empty : new Problem(ProblemKind.MalformedJson, "An export request is a JSON object.", 0);
        }
        if (!cursor.Value(out _) || !cursor.End().IsNone)
        {
            return cursor.Problem;
        }
        return events.Add(body, new DialectEvent(body));
    }
}
