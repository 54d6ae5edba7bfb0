using System.Text;
using Ingest.Events;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Otlp;

/// <summary>
/// Takes an export request of one signal. The event is the body as it was sent, which is what the Collector's Kafka receiver reads
/// (<c>otlp_proto</c>, <c>otlp_json</c>). A body above the limit of an event is cut between its resources, where each part is a request
/// again.
/// </summary>
/// <remarks>
/// Answers (OTLP 1.x, section OTLP/HTTP): 200 with an empty message in the request's encoding; 503 with Retry-After is the one refusal all
/// clients take as retryable, and some count a wait above what is left of their 10 s as final, so it is at most 2 s.
/// </remarks>
internal sealed class OtlpIntake(DialectOptions options, string stream) : DialectIntake(options)
{
    private const string ProtobufType = "application/x-protobuf";
    private const int RetrySecondsMax = 2;

    // google.rpc.Code
    private const int InvalidArgument = 3;
    private const int PermissionDenied = 7;
    private const int ResourceExhausted = 8;
    private const int Internal = 13;
    private const int Unavailable = 14;
    private const int Unauthenticated = 16;

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
        events.Are(EventFormat.Opaque, MediaTypeNames.Protobuf);
        return ReadProtobuf(body, events);
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
        if (refusal.RetrySeconds > RetrySecondsMax)
        {
            context.Response.Headers.RetryAfter = DialectResponse.Text(RetrySecondsMax);
        }
        var message = $"{kind.Code}: {refusal.Problem.Detail}";
        if (AnswersJson(context.Request))
        {
            DialectResponse.WriteJson(
                context, status, $"{{\"code\":{Code(kind, refusal.IsLater)},\"message\":{DialectResponse.Quoted(message)}}}");
            return;
        }
        DialectResponse.Write(context, status, ProtobufType, Status(Code(kind, refusal.IsLater), message));
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

    private static Problem ReadProtobuf(ReadOnlySpan<byte> body, DialectEvents events)
    {
        var fault = OtlpFraming.Check(body);
        if (fault >= 0)
        {
            return new Problem(ProblemKind.BadRequest, "The body is no protobuf message of an export request.", fault);
        }
        if (body.Length <= events.EventBytesMax)
        {
            // A request without any data is valid, and nothing to store.
            return body.IsEmpty ? default : events.Add(body, new DialectEvent(body));
        }
        for (var start = 0; start < body.Length;)
        {
            var part = OtlpFraming.Part(body[start..], events.EventBytesMax);
            var problem = events.Add(body, new DialectEvent(body.Slice(start, part)));
            if (!problem.IsNone)
            {
                return problem.In(events.Count, start);
            }
            start += part;
        }
        return default;
    }

    private static int Code(ProblemKind kind, bool isLater) => kind.Status switch
    {
        _ when isLater => Unavailable,
        StatusCodes.Status401Unauthorized => Unauthenticated,
        StatusCodes.Status403Forbidden => PermissionDenied,
        StatusCodes.Status413PayloadTooLarge => ResourceExhausted,
        StatusCodes.Status408RequestTimeout => Unavailable,
        >= StatusCodes.Status500InternalServerError => Internal,
        _ => InvalidArgument,
    };

    /// <summary>A message of google.rpc.Status: <c>int32 code = 1; string message = 2</c>.</summary>
    private static byte[] Status(int code, string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        var length = Math.Min(text.Length, 16_000);
        byte[] prefix = length < 128
            ? [0x08, (byte)code, 0x12, (byte)length]
            : [0x08, (byte)code, 0x12, (byte)(length & 0x7F | 0x80), (byte)(length >> 7)];
        return [.. prefix, .. text[..length]];
    }
}
