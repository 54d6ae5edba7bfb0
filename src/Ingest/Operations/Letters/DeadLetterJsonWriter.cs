using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingest.DeadLetters;
using Ingest.Events;

namespace Ingest.Operations.Letters;

/// <summary>
/// A dead letter with its event as one line of JSON. A payload that is JSON stands in it as it was sent, but for line breaks between
/// tokens, which become spaces; any other as base64.
/// </summary>
internal static class DeadLetterJsonWriter
{
    private static readonly JsonWriterOptions Format = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    internal static void WriteLine(IBufferWriter<byte> output, DeadLetterEvent read)
    {
        using (var json = new Utf8JsonWriter(output, Format))
        {
            var view = DeadLetterListItem.Of(read.Letter);
            json.WriteStartObject();
            json.WriteString("id", view.Id);
            json.WriteString("lane", view.Lane);
            json.WriteNumber("sequence", view.Sequence);
            json.WriteString("stream", view.Stream);
            json.WriteString("state", view.State);
            json.WriteString("reason", view.Reason);
            json.WriteNumber("attempts", view.Attempts);
            WriteTime(json, "firstAttempt", view.FirstAttempt);
            WriteTime(json, "lastAttempt", view.LastAttempt);
            WriteTime(json, "accepted", view.Accepted);
            json.WriteNumber("bytes", view.Bytes);
            WriteEvent(json, read.Event);
            json.WriteEndObject();
        }
        output.Write("\n"u8);
    }

    private static void WriteEvent(Utf8JsonWriter json, in StoredEvent stored)
    {
        json.WriteStartObject("event");
        WriteText(json, "id", stored.Id);
        WriteText(json, "key", stored.Key);
        WriteText(json, "type", stored.ContentType);
        if (stored.Attributes.GetEnumerator().MoveNext())
        {
            json.WriteStartObject("attributes");
            foreach (var attribute in stored.Attributes)
            {
                json.WriteString(attribute.Name, Encoding.UTF8.GetString(attribute.Value));
            }
            json.WriteEndObject();
        }
        json.WriteNumber("payloadBytes", stored.Payload.Length);
        if (stored.Format == EventFormat.Opaque || stored.Payload.IsEmpty)
        {
            json.WriteBase64String("data_base64", stored.Payload.Span);
        }
        else
        {
            json.WritePropertyName("data");
            json.WriteRawValue(OneLine(stored.Payload), skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset time) =>
        json.WriteString(name, time.ToString(EventTime.Format, CultureInfo.InvariantCulture));

    private static void WriteText(Utf8JsonWriter json, string name, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > 0)
        {
            json.WriteString(name, Encoding.UTF8.GetString(utf8));
        }
    }

    // Inside of a string JSON allows no line break.
    private static ReadOnlySpan<byte> OneLine(ReadOnlyMemory<byte> payload)
    {
        if (!payload.Span.ContainsAny((byte)'\n', (byte)'\r'))
        {
            return payload.Span;
        }
        var copy = payload.ToArray();
        copy.AsSpan().ReplaceAny(SearchValues.Create("\r\n"u8), (byte)' ');
        return copy;
    }
}
