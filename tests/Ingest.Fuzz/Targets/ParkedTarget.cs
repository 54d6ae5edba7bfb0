using System.Buffers.Binary;
using Ingest.Publishing.Parking;
using Ingest.Wal.Format;
using Ingest.Wal.Writing;

namespace Ingest.Fuzz.Targets;

/// <summary>A record of the parked log: refused, or written again as the same bytes.</summary>
internal sealed class ParkedTarget : FuzzTarget
{
    public override string Name => "parked";

    internal override IEnumerable<byte[]> Seeds
    {
        get
        {
            yield return Written(batch => ParkedRecord.WriteParked(batch, Parked(9, 1, "503 busy", isCounted: true, 5, 6), "event"u8));
            yield return Written(batch => ParkedRecord.WriteChange(batch, ParkedKind.Tried, 3, "why", [9, 10]));
        }
    }

    public override void Run(byte[] input)
    {
        if (!ParkedRecord.TryRead(input, out var read))
        {
            return;
        }
        for (var i = 0; i < read.Count; i++)
        {
            read.SequenceAt(i);
        }
        var reasonBytes = BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(6));
        if (reasonBytes > ParkedRecord.ReasonBytesMax || !System.Text.Unicode.Utf8.IsValid(input.AsSpan(8, reasonBytes)) || input[1] > 3
            || (read.Kind != ParkedKind.Parked && input[1] != 0))
        {
            return;
        }
        FuzzException.Unless(Again(read).AsSpan().SequenceEqual(input), "a record is written as another");
    }

    private static byte[] Again(in ParkedRecord read)
    {
        var sequences = Enumerable.Range(0, read.Count).Select(_ => 0L).ToArray();
        for (var i = 0; i < sequences.Length; i++)
        {
            sequences[i] = read.SequenceAt(i);
        }
        var (kind, attempts, reason, body) = (read.Kind, read.Attempts, read.Reason, read.Body.ToArray());
        var parked = kind == ParkedKind.Parked
            ? Parked(sequences[0], attempts, reason, read.IsCounted, read.SinceUnixMs, read.FirstUnixMs, read.IsOfStream)
            : null;
        return Written(batch =>
        {
            if (parked is not null)
            {
                ParkedRecord.WriteParked(batch, parked, body);
            }
            else
            {
                ParkedRecord.WriteChange(batch, kind, attempts, reason, sequences);
            }
        });
    }

    private static ParkedEvent Parked(
        long sequence, int attempts, string reason, bool isCounted, long since, long first, bool isOfStream = false) => new()
        {
            Sequence = sequence,
            Stream = "",
            Key = 0,
            Bytes = 0,
            AcceptedUnixMs = 0,
            SinceUnixMs = since,
            FirstUnixMs = first,
            IsCounted =
            isCounted,
            IsOfStream = isOfStream,
            Attempts = attempts,
            Reason = reason,
        };

    private static byte[] Written(Action<RecordBatch> write)
    {
        using var batch = RecordBatch.Rent();
        write(batch);
        return batch.Frames.Slice(FrameHeader.Bytes, BinaryPrimitives.ReadInt32LittleEndian(batch.Frames)).ToArray();
    }
}
