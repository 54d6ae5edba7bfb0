using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.Sinks.Http.Answers;

namespace Ingest.Sinks.Http.Formats.Otlp;

/// <summary>The part of an export response that says what was refused; the three signals' have the same shape.</summary>
/// <param name="Rejected">Records that were refused.</param>
/// <param name="Message">Why, in one line; may be empty.</param>
internal readonly record struct PartialSuccess(long Rejected, string Message)
{
    // Both messages: field 1 is the partial success; in it field 1 the number and field 2 the text.
    private const byte NumberTag = 0x08;
    private const byte BytesTag = 0x0A;
    private const byte TextTag = 0x12;
    private const int VarintBytesMax = 10;

    /// <summary>Reads a response in JSON or protobuf; null where it says nothing of a part, or is none.</summary>
    internal static PartialSuccess? Read(ReadOnlyMemory<byte> body) =>
        body.IsEmpty ? null : body.Span[0] == '{' ? ReadJson(body) : ReadProtobuf(body.Span);

    private static PartialSuccess? ReadJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (!document.RootElement.TryGetProperty("partialSuccess", out var part) || part.ValueKind != JsonValueKind.Object)
            {
                return null;
            }
            var (rejected, message) = (0L, "");
            foreach (var member in part.EnumerateObject())
            {
                if (member.Name.StartsWith("rejected", StringComparison.Ordinal))
                {
                    // A 64-bit number, which protobuf's JSON writes as a string.
                    _ = long.TryParse(member.Value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out rejected);
                }
                else if (member.NameEquals("errorMessage") && member.Value.ValueKind == JsonValueKind.String)
                {
                    message = AnswerReason.OneLine(member.Value.GetString()!);
                }
            }
            return new PartialSuccess(rejected, message);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static PartialSuccess? ReadProtobuf(ReadOnlySpan<byte> response)
    {
        var at = 0;
        if (response[at++] != BytesTag || !TryReadVarint(response, ref at, out var length) || length > (ulong)(response.Length - at))
        {
            return null;
        }
        var part = response.Slice(at, (int)length);
        var (rejected, message) = (0L, "");
        for (at = 0; at < part.Length;)
        {
            var tag = part[at++];
            if (tag is not (NumberTag or TextTag) || !TryReadVarint(part, ref at, out var value))
            {
                break;
            }
            if (tag == NumberTag)
            {
                rejected = (long)value;
                continue;
            }
            if (value > (ulong)(part.Length - at))
            {
                break;
            }
            message = AnswerReason.OneLine(Encoding.UTF8.GetString(part.Slice(at, (int)value)));
            at += (int)value;
        }
        return new PartialSuccess(rejected, message);
    }

    private static bool TryReadVarint(ReadOnlySpan<byte> text, ref int at, out ulong value)
    {
        value = 0;
        for (var i = 0; i < VarintBytesMax && at < text.Length; i++)
        {
            var octet = text[at++];
            value |= (ulong)(octet & 0x7F) << (7 * i);
            if (octet < 0x80)
            {
                return true;
            }
        }
        return false;
    }
}
