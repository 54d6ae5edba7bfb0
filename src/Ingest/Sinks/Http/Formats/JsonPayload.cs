using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Ingest.Events;
using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Http.Formats;

/// <summary>A payload as one JSON value: JSON as it came, text as a string. Bytes that are no text cannot stand in JSON.</summary>
internal static class JsonPayload
{
    private static readonly SinkVerdict NoText =
        new(VerdictKind.Rejected, "bytes that are no UTF-8 cannot stand in JSON", Scope: VerdictScope.Event);

    /// <summary>The verdict on an event whose payload cannot be a JSON value; null when it can.</summary>
    internal static SinkVerdict? Refuse(in StoredEvent stored) => IsJson(stored) || Utf8.IsValid(stored.Payload.Span) ? null : NoText;

    /// <summary>Writes the value.</summary>
    internal static void Write(IBufferWriter<byte> output, in StoredEvent stored)
    {
        if (IsJson(stored))
        {
            output.Write(stored.Payload.Span);
            return;
        }
        WriteText(output, stored.Payload.Span);
    }

    /// <summary>Writes a text as a JSON string; what is no UTF-8 in it becomes U+FFFD.</summary>
    internal static void WriteText(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        output.Write("\""u8);
        // The encoder takes text of any length that is UTF-8 and refuses the rest.
        output.Write(JsonEncodedText.Encode(
            Utf8.IsValid(text) ? text : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text)),
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
        output.Write("\""u8);
    }

    /// <summary>Whether the payload is a JSON object.</summary>
    internal static bool IsObject(in StoredEvent stored) =>
        IsJson(stored) && stored.Payload.Span.TrimStart(" \t\r\n"u8).StartsWith("{"u8);

    private static bool IsJson(in StoredEvent stored) => stored.Format != EventFormat.Opaque && !stored.Payload.IsEmpty;
}
