using Ingest.Events;
using Ingest.Wal.Writing;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// A record's body as an event: what it is read as is encoded to the same bytes again, and its attributes walk to an end.
/// </summary>
internal sealed class EventTarget : FuzzTarget
{
    public override string Name => "event";

    internal override IEnumerable<byte[]> Seeds
    {
        get
        {
            var attributes = new System.Buffers.ArrayBufferWriter<byte>();
            EventEncoder.WriteAttribute(attributes, "traceparent"u8, "00-a-b-01"u8);
            EventEncoder.WriteAttribute(attributes, "ce_x"u8, ""u8);
            var body = new System.Buffers.ArrayBufferWriter<byte>();
            EventEncoder.WriteHead(
                body, EventFormat.Json, 5, "default"u8, "application/json"u8, "k"u8, "id"u8, attributes.WrittenSpan, "\u0002"u8);
            yield return [.. body.WrittenSpan, .. "{\"a\":1}"u8];
        }
    }

    public override void Run(byte[] input)
    {
        var isEvent = StoredEvent.TryRead(9, input, out var stored);
        FuzzException.Unless(
            StoredEvent.TryReadStream(input, out var stream) == isEvent && StoredEvent.TryReadMark(input, out _) == isEvent
                && EventHead.TryRead(input, out _) == isEvent,
            "readers of a part do not agree with the reader of the whole");
        if (!isEvent)
        {
            return;
        }
        FuzzException.Unless(stream.SequenceEqual(stored.Stream), "the stream alone is another than the event's");
        var encoded = new System.Buffers.ArrayBufferWriter<byte>(input.Length + 64);
        var from = 20 + stored.Stream.Length + stored.ContentType.Length + stored.Key.Length + stored.Id.Length;
        var attributes = input.AsSpan()[from..(input.Length - stored.Payload.Length - stored.Mark.Length)];
        EventEncoder.WriteHead(
            encoded, stored.Format, stored.AcceptedUnixMs, stored.Stream, stored.ContentType, stored.Key, stored.Id, attributes,
                stored.Mark);
        FuzzException.Unless(
            encoded.WrittenSpan.SequenceEqual(input.AsSpan(0, input.Length - stored.Payload.Length)), "an event is encoded to other bytes");
        foreach (var attribute in stored.Attributes)
        {
            _ = attribute.Name.Length + attribute.Value.Length;
        }
        stored.Attributes.Find("ce_x"u8);
        if (attributes.Length < EventEncoder.FieldBytesMax - 16)
        {
            var further = new System.Buffers.ArrayBufferWriter<byte>();
            EventEncoder.WriteAttribute(further, "n"u8, "v"u8);
            using var batch = RecordBatch.Rent();
            batch.BeginRecord();
            EventEncoder.WriteWithAttributes(batch, input, further.WrittenSpan);
            batch.EndRecord();
        }
    }
}
