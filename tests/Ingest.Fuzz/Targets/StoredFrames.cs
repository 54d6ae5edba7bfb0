using System.Buffers.Binary;
using Ingest.Events;
using Ingest.Wal.Format;
using Ingest.Wal.Writing;

namespace Ingest.Fuzz.Targets;

/// <summary>Reads the events out of an encoded batch.</summary>
internal static class StoredFrames
{
    internal static List<StoredEvent> Events(RecordBatch batch)
    {
        var events = new List<StoredEvent>();
        for (var rest = batch.Frames.ToArray().AsMemory(); rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            FuzzException.Unless(
                StoredEvent.TryRead(1 + events.Count, rest.Slice(FrameHeader.Bytes, length), out var stored),
                    "an event cannot be read back");
            events.Add(stored);
            rest = rest[FrameHeader.FrameBytes(length)..];
        }
        FuzzException.Unless(batch.Count == events.Count, "a batch counts other events than it has");
        return events;
    }
}
