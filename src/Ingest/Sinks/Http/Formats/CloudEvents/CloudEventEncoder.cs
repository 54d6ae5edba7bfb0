using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingest.Events;

namespace Ingest.Sinks.Http.Formats.CloudEvents;

/// <summary>
/// An event as a CloudEvents 1.0 envelope. One that came as an envelope goes as it came, with the key it was stored under; one that came
/// in binary mode gets its attributes back; any other gets an envelope of ours: <c>id</c> the producer's or <c>EPOCH-SEQUENCE</c>,
/// <c>source</c> <c>urn:ingest:LOG:STREAM</c>, <c>type</c> <c>ingest.event</c>.
/// </summary>
internal sealed class CloudEventEncoder(Guid logId, Func<long, Guid> epochOf)
{
    private static readonly JsonWriterOptions Format = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly string _log = logId.ToString("N", CultureInfo.InvariantCulture);

    internal void Write(IBufferWriter<byte> output, in StoredEvent stored)
    {
        if (stored.Format == EventFormat.CloudEvent)
        {
            EnvelopeKey.Write(output, stored.Payload.Span, stored.Key);
            return;
        }
        using var json = new Utf8JsonWriter(output, Format);
        json.WriteStartObject();
        if (!WriteAttributes(json, stored))
        {
            WriteOurs(json, stored);
        }
        if (stored.Attributes.Find("ce_ingestsequence"u8).IsEmpty)
        {
            json.WriteString("ingestsequence", stored.Sequence.ToString(CultureInfo.InvariantCulture));
        }
        WriteData(json, stored);
        json.WriteEndObject();
    }

    // The attributes of binary mode; false when it is none.
    private static bool WriteAttributes(Utf8JsonWriter json, in StoredEvent stored)
    {
        if (stored.Attributes.Find("ce_id"u8).IsEmpty)
        {
            return false;
        }
        foreach (var attribute in stored.Attributes)
        {
            // The key may have come in another header as well, and that one counts.
            if (attribute.Name.StartsWith("ce_"u8) && !(attribute.Name.SequenceEqual("ce_partitionkey"u8) && !stored.Key.IsEmpty))
            {
                json.WriteString(attribute.Name[3..], Encoding.UTF8.GetString(attribute.Value));
            }
        }
        WriteKey(json, stored);
        WriteTrace(json, stored);
        return true;
    }

    private void WriteOurs(Utf8JsonWriter json, in StoredEvent stored)
    {
        json.WriteString("specversion"u8, "1.0"u8);
        json.WriteString("id", stored.Id.IsEmpty
            ? string.Create(CultureInfo.InvariantCulture, $"{epochOf(stored.Sequence):N}-{stored.Sequence}")
            : Encoding.UTF8.GetString(stored.Id));
        json.WriteString("source", $"urn:ingest:{_log}:{Encoding.ASCII.GetString(stored.Stream)}");
        json.WriteString("type"u8, "ingest.event"u8);
        json.WriteString("time", EventTime.Text(stored.AcceptedUnixMs));
        WriteKey(json, stored);
        WriteTrace(json, stored);
    }

    private static void WriteKey(Utf8JsonWriter json, in StoredEvent stored)
    {
        if (!stored.Key.IsEmpty)
        {
            json.WriteString("partitionkey", Encoding.UTF8.GetString(stored.Key));
        }
    }

    // The CloudEvents extension for distributed tracing has the names of the headers.
    private static void WriteTrace(Utf8JsonWriter json, in StoredEvent stored)
    {
        if (stored.Attributes.Find("traceparent"u8) is { IsEmpty: false } parent && stored.Attributes.Find("ce_traceparent"u8).IsEmpty)
        {
            json.WriteString("traceparent"u8, parent);
        }
    }

    private static void WriteData(Utf8JsonWriter json, in StoredEvent stored)
    {
        if (!stored.ContentType.IsEmpty)
        {
            json.WriteString("datacontenttype", Encoding.UTF8.GetString(stored.ContentType));
        }
        if (stored.Payload.IsEmpty)
        {
            return;
        }
        if (stored.Format == EventFormat.Json)
        {
            json.WritePropertyName("data"u8);
            json.WriteRawValue(stored.Payload.Span, skipInputValidation: true);
        }
        else
        {
            json.WriteBase64String("data_base64"u8, stored.Payload.Span);
        }
    }
}
