using System.Buffers.Binary;
using System.Text;
using Ingest.Events;
using Ingest.Intake.Idempotency;
using Ingest.Intake.Producers;
using Ingest.Wal.Format;
using Ingest.Wal.Writing;

namespace Ingest.Tests.Intake.Producers;

/// <summary>Requests of producers, encoded as the intake encodes them.</summary>
internal static class NumberedBatch
{
    internal static ProducerMark Mark(string id, long epoch, long first, string body = "")
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        return new ProducerMark(
            RequestMark.Digest("producer"u8, "s", "", default, Encoding.UTF8.GetBytes(id)),
            epoch,
            first,
            (ulong)RequestMark.Digest(default, bytes));
    }

    internal static RecordBatch Encode(in ProducerMark mark, IReadOnlyList<string> payloads, DateTimeOffset now)
    {
        var batch = RecordBatch.Rent();
        var first = new byte[ProducerMark.Bytes];
        mark.Write(first);
        for (var i = 0; i < payloads.Count; i++)
        {
            batch.BeginRecord();
            EventEncoder.WriteHead(
                batch, EventFormat.Json, now.ToUnixTimeMilliseconds(), "s"u8, default, default, default, default,
                i == 0 ? first : RequestMark.Continuation);
            System.Buffers.BuffersExtensions.Write(batch, Encoding.UTF8.GetBytes(payloads[i]));
            batch.EndRecord();
        }
        return batch;
    }

    /// <summary>The records as they lie in the log.</summary>
    internal static List<byte[]> Bodies(RecordBatch batch)
    {
        var bodies = new List<byte[]>();
        for (var rest = batch.Frames.ToArray().AsSpan(); rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            bodies.Add(rest.Slice(FrameHeader.Bytes, length).ToArray());
            rest = rest[FrameHeader.FrameBytes(length)..];
        }
        return bodies;
    }
}
