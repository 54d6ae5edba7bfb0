using System.Buffers.Binary;
using System.Text;
using Ingest.DeadLetters;
using Ingest.DeadLetters.Ledger;
using Ingest.DeadLetters.Storage;
using Ingest.Publishing;
using Ingest.Wal.Writing;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// Records of the dead letters' log, one after another. Left out, or applied: sums of lanes are the sums of the whole and of the letters
/// that are listed, and a letter is written as the record it was read from.
/// </summary>
/// <remarks>An input is records, each behind its length in two bytes.</remarks>
internal sealed class DeadLetterTarget : FuzzTarget
{
    public override string Name => "deadletters";

    internal override IEnumerable<byte[]> Seeds
    {
        get
        {
            using var batch = RecordBatch.Rent();
            var rejected = new RejectedEvent
            {
                Sequence = 7,
                Body = new EventTarget().Seeds.First(),
                Reason = "413 too large",
                Attempts = 3,
                FirstUnixMs = 5,
                LastUnixMs = 6,
            };
            DeadLetterRecordWriter.WriteLetter(batch, "http", rejected);
            DeadLetterRecordWriter.WriteKeys(batch, DeadLetterRecordKind.Requeued, "http", 1, [7, 8]);
            DeadLetterRecordWriter.WriteKeys(batch, DeadLetterRecordKind.Delivered, "http", 1, [7]);
            DeadLetterRecordWriter.WriteLetter(batch, "http", rejected with { Sequence = 8 });
            DeadLetterRecordWriter.WriteKeys(batch, DeadLetterRecordKind.Dropped, "http", 0, [8]);
            DeadLetterRecordWriter.WriteBegun(batch, "http", 5);
            yield return Joined(Bodies(batch));
        }
    }

    public override void Run(byte[] input)
    {
        var letters = new LetterTable();
        var application = new RecordApplication(letters, new RequeueTickets());
        var position = 0;
        for (var rest = input.AsSpan(); rest.Length >= sizeof(ushort);)
        {
            var length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(rest), rest.Length - sizeof(ushort));
            var record = rest.Slice(sizeof(ushort), length);
            rest = rest[(sizeof(ushort) + length)..];
            position++;
            if (DeadLetterRecord.TryRead(record, out var read))
            {
                CheckLetter(read, record);
                application.Apply(read, position);
            }
        }
        var listed = letters.Query(new DeadLetterFilter(), after: null, int.MaxValue);
        FuzzException.Unless(letters.Count == listed.Count && letters.Bytes == listed.Sum(letter => (long)letter.Bytes),
            "letters do not add up");
        FuzzException.Unless(
            letters.Count == letters.Lanes.Values.Sum(lane => lane.Count) && letters.Bytes == letters.Lanes.Values.Sum(lane => lane.Bytes),
            "lanes do not add up");
        FuzzException.Unless(
            listed.Count(letter => letter.IsRequeued) == letters.Lanes.Values.Sum(lane => lane.Requeued.Count),
                "requeued letters do not add up");
    }

    private static void CheckLetter(in DeadLetterRecord read, ReadOnlySpan<byte> record)
    {
        // Text that is no UTF-8 is not what the writer writes.
        if (read.Kind != DeadLetterRecordKind.Letter || !System.Text.Unicode.Utf8.IsValid(record[..^read.Body.Length][42..])
            || !Ascii.IsValid(read.Lane) || read.Reason.Length > 300 || (record[2] & ~3) != 0)
        {
            return;
        }
        using var batch = RecordBatch.Rent();
        var letter = new DeadLetter
        {
            Key = new DeadLetterKey(read.Sequence, read.Lane),
            Stream = "",
            EventKey = "",
            Reason = read.Reason,
            Attempts = read.Attempts,
            FirstUnixMs = read.FirstUnixMs,
            LastUnixMs = read.LastUnixMs,
            AcceptedUnixMs = 0,
            Bytes = 0,
            Position = 0,
            IsCounted =
                read.IsCounted,
            Ticket = read.Ticket,
        };
        DeadLetterRecordWriter.WriteMoved(batch, letter, read.IsPublished, read.Body);
        FuzzException.Unless(Bodies(batch).Single().AsSpan().SequenceEqual(record), "a letter is written as another record");
    }

    private static List<byte[]> Bodies(RecordBatch batch)
    {
        var bodies = new List<byte[]>();
        for (var rest = batch.Frames; !rest.IsEmpty;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            bodies.Add(rest.Slice(Wal.Format.FrameHeader.Bytes, length).ToArray());
            rest = rest[Wal.Format.FrameHeader.FrameBytes(length)..];
        }
        return bodies;
    }

    private static byte[] Joined(List<byte[]> records) =>
        [.. records.SelectMany(record => (byte[])[(byte)record.Length, (byte)(record.Length >> 8), .. record])];
}
