using System.Text;
using System.Text.Unicode;
using Ingest.Events;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.KafkaRest;

/// <summary>
/// Takes the elements of <c>records</c>: the <c>value</c> of each is an event, as JSON or decoded from Base64, and its
/// <c>key</c> the ordering key. The answer names the event's number in the node's log as its offset.
/// </summary>
/// <remarks>
/// A stream is one partition here: a partition in the path is said back and changes nothing. Version 1 differs in its media types alone;
/// there, a request that names none of the embedded formats is binary.
/// </remarks>
internal sealed class KafkaRestIntake(DialectOptions options) : DialectIntake(options)
{
    private const string FirstVersion = "application/vnd.kafka.v1+json";
    private const int OffsetChars = 64;

    /// <inheritdoc/>
    public override Problem Check(HttpRequest request) => Embedded(request) == Embedding.None
        ? new Problem(
            ProblemKind.UnsupportedMediaType,
            "Records are taken as application/vnd.kafka.json.v2+json or application/vnd.kafka.binary.v2+json, or v1; schemas are not.")
        : default;

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        events.UseStream(Encoding.UTF8.GetBytes(request.RouteValues["topic"] as string ?? ""));
        var isBinary = Embedded(request) == Embedding.Binary;
        if (isBinary)
        {
            events.Are(EventFormat.Opaque, MediaTypeNames.Bytes);
        }
        var problem = JsonEvents.ReadMember(body, "records"u8, events, isBinary ? ReadBinary : ReadJson);
        return !problem.IsNone || events.Count > 0 ? problem : new Problem(ProblemKind.BadRequest, "The body has no record.");
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt)
    {
        var partition = context.Request.RouteValues["partition"] as string ?? "0";
        var answer = new StringBuilder("{\"offsets\":[", OffsetChars * (receipt.Count + 2));
        for (var i = 0; i < receipt.Count; i++)
        {
            answer.Append(i == 0 ? "{\"partition\":" : ",{\"partition\":").Append(partition)
                .Append(",\"offset\":").Append(DialectResponse.Text(receipt.First + i)).Append(",\"error_code\":null,\"error\":null}");
        }
        answer.Append("],\"key_schema_id\":null,\"value_schema_id\":null}");
        DialectResponse.Write(context, StatusCodes.Status200OK, AnswerType(context.Request), Encoding.UTF8.GetBytes(answer.ToString()));
    }

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var status = refusal.IsLater ? StatusCodes.Status429TooManyRequests : kind.Status;
        // The proxy's own code for a topic that is not there; elsewhere its codes are the status.
        var code = kind == ProblemKind.UnknownStream ? "40401" : DialectResponse.Text(status);
        var message = DialectResponse.Quoted($"{kind.Code}: {refusal.Problem.Detail}");
        DialectResponse.Write(
            context, status, AnswerType(context.Request), Encoding.UTF8.GetBytes($"{{\"error_code\":{code},\"message\":{message}}}"));
    }

    private static Problem ReadJson(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events) =>
        ReadRecord(ref cursor, body, events, isBinary: false);

    private static Problem ReadBinary(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events) =>
        ReadRecord(ref cursor, body, events, isBinary: true);

    private static Problem ReadRecord(ref JsonCursor cursor, ReadOnlySpan<byte> body, DialectEvents events, bool isBinary)
    {
        if (!cursor.Enter((byte)'{'))
        {
            return cursor.Problem;
        }
        ReadOnlySpan<byte> key = default, value = default;
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (!cursor.Value(out var member, outer: 3))
            {
                return cursor.Problem;
            }
            if (name.SequenceEqual("value"u8))
            {
                value = member;
            }
            else if (name.SequenceEqual("key"u8))
            {
                key = member;
            }
        }
        return !cursor.Problem.IsNone ? cursor.Problem
            : value.IsEmpty ? new Problem(ProblemKind.BadRequest, "A record needs a value.")
            : isBinary ? AddBinary(body, key, value, events)
            : events.Add(body, new DialectEvent(value) { Key = JsonKey(key) });
    }

    private static Problem AddBinary(ReadOnlySpan<byte> body, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, DialectEvents events)
    {
        if (value.Length > ((long)events.EventBytesMax * 4 / 3) + 16)
        {
            return new Problem(ProblemKind.EventTooLarge, "A record's value has more bytes than an event may have.");
        }
        if (!Base64Data.TryDecode(value, out var payload))
        {
            return new Problem(ProblemKind.BadRequest, "A record's value is no Base64. One without a value is not taken.");
        }
        if (!Base64Data.TryDecode(key, out var bytes) && !IsNull(key))
        {
            payload.Dispose();
            return new Problem(ProblemKind.BadRequest, "A record's key is no Base64.");
        }
        // A key is text here: bytes that are none keep the text that stood for them.
        var text = Utf8.IsValid(bytes.Bytes) ? bytes.Bytes : JsonText.Of(key);
        var problem = events.Add(body, new DialectEvent(payload.Bytes) { Key = text });
        bytes.Dispose();
        payload.Dispose();
        return problem;
    }

    // A text as it reads; any other JSON as it is written.
    private static ReadOnlySpan<byte> JsonKey(ReadOnlySpan<byte> key) => IsNull(key) ? default : key[0] == '"' ? JsonText.Of(key) : key;

    private static bool IsNull(ReadOnlySpan<byte> value) => value.IsEmpty || value.SequenceEqual("null"u8);

    private static Embedding Embedded(HttpRequest request)
    {
        var type = MediaType(request);
        return Is(type, "application/vnd.kafka.json.v2+json") || Is(type, "application/vnd.kafka.json.v1+json") ? Embedding.Json
            : Is(type, "application/vnd.kafka.binary.v2+json") || Is(type, "application/vnd.kafka.binary.v1+json") || Is(type, FirstVersion)
                ? Embedding.Binary
            : Embedding.None;
    }

    private static string AnswerType(HttpRequest request) =>
        MediaType(request).EndsWith(".v1+json", StringComparison.OrdinalIgnoreCase) ? FirstVersion : "application/vnd.kafka.v2+json";

    private static ReadOnlySpan<char> MediaType(HttpRequest request)
    {
        var type = request.ContentType.AsSpan();
        var end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim();
    }

    private static bool Is(ReadOnlySpan<char> type, string name) => type.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>What values are in a request.</summary>
    private enum Embedding
    {
        None,
        Json,
        Binary,
    }
}
