using System.Buffers;
using System.Globalization;
using System.Text;
using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Formats.Hec;

/// <summary>
/// Splunk's HTTP Event Collector, <c>/services/collector/event</c>: an envelope around each payload, with the time it was accepted, the
/// stream as source, and identity, key and attributes as indexed fields.
/// </summary>
internal sealed class HecFormat(string index, Func<long, Guid> epochOf) : RequestFormat
{
    private static readonly SinkVerdict Empty =
        new(VerdictKind.Rejected, "an event without a payload is none for Splunk", Scope: VerdictScope.Event);

    // What stood beside a line that came through the dialect hec stands beside it again.
    private static readonly byte[][] Metadata = ["host"u8.ToArray(), "source"u8.ToArray(), "sourcetype"u8.ToArray()];

    /// <inheritdoc/>
    internal override int AnswerBytesMax(int events) => HecAnswer.BytesMax;

    /// <inheritdoc/>
    internal override HttpAnswer? Read(in ReceivedAnswer answer, int events) => HecAnswer.Read(answer, isIndexOfEvent: false);

    /// <inheritdoc/>
    internal override SinkVerdict? Refuse(in StoredEvent stored) => stored.Payload.IsEmpty ? Empty : JsonPayload.Refuse(stored);

    /// <inheritdoc/>
    internal override RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        foreach (var each in indexes)
        {
            Write(output, batch[each]);
        }
        return new RequestBody(output.WrittenMemory, "application/json");
    }

    private void Write(ArrayBufferWriter<byte> output, in StoredEvent stored)
    {
        var stream = Encoding.ASCII.GetString(stored.Stream);
        WriteAscii(output, string.Create(
            CultureInfo.InvariantCulture, $"{{\"time\":{stored.AcceptedUnixMs / 1000}.{stored.AcceptedUnixMs % 1000:d3}"));
        if (index.Length > 0)
        {
            WriteAscii(output, $",\"index\":\"{index.Replace("{stream}", stream, StringComparison.Ordinal)}\"");
        }
        foreach (var name in Metadata)
        {
            var value = stored.Attributes.Find(name);
            value = !value.IsEmpty ? value
                : name.AsSpan().SequenceEqual("source"u8) ? stored.Stream
                : name.AsSpan().SequenceEqual("sourcetype"u8) && stored.Format != EventFormat.Opaque ? "_json"u8
                : default;
            WriteMember(output, name, value);
        }
        output.Write(",\"event\":"u8);
        JsonPayload.Write(output, stored);
        WriteFields(output, stored);
        output.Write("}\n"u8);
    }

    private void WriteFields(ArrayBufferWriter<byte> output, in StoredEvent stored)
    {
        WriteAscii(output, string.Create(
            CultureInfo.InvariantCulture,
            $",\"fields\":{{\"ingest_id\":\"{epochOf(stored.Sequence):N}-{stored.Sequence}\",\"ingest_seq\":{stored.Sequence}"));
        WriteMember(output, "ingest_key"u8, stored.Key);
        foreach (var attribute in stored.Attributes)
        {
            var name = attribute.Name;
            if (!IsMetadata(name))
            {
                WriteMember(output, name, attribute.Value);
            }
        }
        output.Write("}"u8);
    }

    private static bool IsMetadata(ReadOnlySpan<byte> name) =>
        name.SequenceEqual(Metadata[0]) || name.SequenceEqual(Metadata[1]) || name.SequenceEqual(Metadata[2]);

    private static void WriteMember(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return;
        }
        output.Write(","u8);
        JsonPayload.WriteText(output, name);
        output.Write(":"u8);
        JsonPayload.WriteText(output, value);
    }

    private static void WriteAscii(ArrayBufferWriter<byte> output, string text) =>
        output.Advance(Encoding.ASCII.GetBytes(text, output.GetSpan(text.Length)));
}
