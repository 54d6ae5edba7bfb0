using System.Buffers.Binary;
using System.Text;
using Ingest.Publishing;
using Ingest.Wal.Writing;

namespace Ingest.DeadLetters.Storage;

/// <summary>Writes the records of the dead letters' log (layout: <see cref="DeadLetterRecord"/>).</summary>
internal static class DeadLetterRecordWriter
{
    /// <summary>Most keys in one record.</summary>
    internal const int KeysMax = 4096;

    /// <summary>Most bytes of such a record on disk.</summary>
    internal const int KeysBytesMax = (KeysMax * sizeof(long)) + 512;

    internal static void WriteLetter(RecordBatch batch, string lane, in RejectedEvent rejected) => WriteLetter(
        batch,
        DeadLetterRecordKind.Letter,
        rejected.IsRepeat ? DeadLetterRecord.UncountedFlag : (byte)0,
        new DeadLetterKey(rejected.Sequence, lane),
        RefusalReason.Bounded(rejected.Reason),
        rejected.Attempts,
        (rejected.FirstUnixMs, rejected.LastUnixMs),
        ticket: 0,
        rejected.Body.Span);

    /// <summary>The letter once more, so that the place where it lay can be given back.</summary>
    internal static void WriteMoved(RecordBatch batch, DeadLetter letter, bool isPublished, ReadOnlySpan<byte> body) => WriteLetter(
        batch,
        DeadLetterRecordKind.Letter,
        (byte)((letter.IsCounted ? 0 : DeadLetterRecord.UncountedFlag) | (isPublished ? DeadLetterRecord.PublishedFlag : 0)),
        letter.Key,
        letter.Reason,
        letter.Attempts,
        (letter.FirstUnixMs, letter.LastUnixMs),
        letter.Ticket,
        body);

    internal static void WriteRefused(RecordBatch batch, DeadLetter letter, string reason, int attempts, long lastUnixMs) => WriteLetter(
        batch,
        DeadLetterRecordKind.Refused,
        flags: 0,
        letter.Key,
        RefusalReason.Bounded(reason),
        attempts,
        (letter.FirstUnixMs, lastUnixMs),
        ticket: 0,
        body: default);

    /// <summary>Letters of one lane, at most <see cref="KeysMax"/>.</summary>
    internal static void WriteKeys(RecordBatch batch, DeadLetterRecordKind kind, string lane, long ticket, IReadOnlyList<long> sequences)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequences.Count, KeysMax, nameof(sequences));
        var bytes = DeadLetterRecord.HeadBytes + lane.Length + (sequences.Count * sizeof(long));
        batch.BeginRecord();
        var record = batch.GetSpan(bytes)[..bytes];
        WriteHead(record, kind, flags: 0, lane, sequences.Count, ticket);
        var rest = WriteText(record[DeadLetterRecord.HeadBytes..], lane);
        for (var i = 0; i < sequences.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest[(i * sizeof(long))..], sequences[i]);
        }
        batch.Advance(bytes);
        batch.EndRecord();
    }

    internal static void WriteBegun(RecordBatch batch, string lane, long highWater)
    {
        var bytes = DeadLetterRecord.HeadBytes + lane.Length;
        batch.BeginRecord();
        var record = batch.GetSpan(bytes)[..bytes];
        WriteHead(record, DeadLetterRecordKind.Begun, flags: 0, lane, number: 0, highWater);
        WriteText(record[DeadLetterRecord.HeadBytes..], lane);
        batch.Advance(bytes);
        batch.EndRecord();
    }

    private static void WriteLetter(
        RecordBatch batch,
        DeadLetterRecordKind kind,
        byte flags,
        DeadLetterKey key,
        string reason,
        int attempts,
        (long FirstUnixMs, long LastUnixMs) tried,
        long ticket,
        ReadOnlySpan<byte> body)
    {
        var reasonBytes = Encoding.UTF8.GetByteCount(reason);
        var bytes = DeadLetterRecord.LetterHeadBytes + key.Lane.Length + reasonBytes + body.Length;
        batch.BeginRecord();
        var record = batch.GetSpan(bytes)[..bytes];
        WriteHead(record, kind, flags, key.Lane, attempts, key.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], tried.FirstUnixMs);
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], tried.LastUnixMs);
        BinaryPrimitives.WriteInt64LittleEndian(record[32..], ticket);
        BinaryPrimitives.WriteUInt16LittleEndian(record[40..], checked((ushort)reasonBytes));
        var rest = WriteText(WriteText(record[DeadLetterRecord.LetterHeadBytes..], key.Lane), reason);
        body.CopyTo(rest);
        batch.Advance(bytes);
        batch.EndRecord();
    }

    private static void WriteHead(Span<byte> record, DeadLetterRecordKind kind, byte flags, string lane, int number, long subject)
    {
        record[0] = DeadLetterRecord.Version;
        record[1] = (byte)kind;
        record[2] = flags;
        record[3] = checked((byte)lane.Length);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], number);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], subject);
    }

    private static Span<byte> WriteText(Span<byte> target, string text) => target[Encoding.UTF8.GetBytes(text, target)..];
}
