using System.Buffers.Binary;
using Ingest.Events;
using Ingest.Wal.Format;
using Ingest.Wal.Writing;

namespace Ingest.Tests.Intake;

/// <summary>Reads the events out of an encoded batch, as the log's reader would.</summary>
internal static class StoredBatch
{
    internal static List<StoredEvent> Events(RecordBatch batch, long first = 1)
    {
        var events = new List<StoredEvent>();
        for (var rest = batch.Frames.ToArray().AsMemory(); rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            Assert.True(StoredEvent.TryRead(first + events.Count, rest.Slice(FrameHeader.Bytes, length), out var stored));
            events.Add(stored);
            rest = rest[FrameHeader.FrameBytes(length)..];
        }
        Assert.Equal(batch.Count, events.Count);
        return events;
    }
}
