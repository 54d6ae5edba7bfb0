using System.Buffers.Binary;
using System.Text;
using Ingest.Wal.Format;

namespace Ingest.DeadLetters.Storage;

/// <summary>One record of the dead letters' log, read where it lies.</summary>
/// <remarks>
/// Little-endian. All: <c>0 u8 version (1) · 1 u8 kind · 2 u8 flags · 3 u8 lane bytes · 4 i32 number · 8 i64 subject</c>. A letter and a
/// refusal go on: <c>16 i64 first try, Unix ms · 24 i64 last try · 32 i64 ticket · 40 u16 reason bytes</c>, lane, reason and, of a
/// letter, the event's record body exactly as it lies in the node's log; number: attempts; subject: the event's sequence number. Lists
/// (requeued, delivered, dropped) go on with the lane and <c>i64</c> sequence numbers; number: how many; subject: the ticket. A lane's
/// beginning goes on with the lane; subject: the high water.
/// </remarks>
internal readonly ref struct DeadLetterRecord
{
    internal const byte Version = 1;
    internal const int HeadBytes = 16;
    internal const int LetterHeadBytes = 42;

    /// <summary>The lane's accounts do not have the event as dead-lettered.</summary>
    internal const byte UncountedFlag = 1;

    /// <summary>The letter was moved, and had been published where it lay before.</summary>
    internal const byte PublishedFlag = 2;

    private readonly ReadOnlySpan<byte> _record;
    private readonly ReadOnlySpan<byte> _rest;

    private DeadLetterRecord(ReadOnlySpan<byte> record, ReadOnlySpan<byte> rest)
    {
        _record = record;
        _rest = rest;
    }

    internal DeadLetterRecordKind Kind => (DeadLetterRecordKind)_record[1];

    internal bool IsCounted => (_record[2] & UncountedFlag) == 0;

    internal bool IsPublished => (_record[2] & PublishedFlag) != 0;

    internal string Lane => Encoding.UTF8.GetString(_record.Slice(HasLetterHead(Kind) ? LetterHeadBytes : HeadBytes, _record[3]));

    /// <summary>Of a letter or a refusal: the event. Of a lane's beginning: the high water.</summary>
    internal long Sequence => BinaryPrimitives.ReadInt64LittleEndian(_record[8..]);

    /// <summary>The requeue it belongs to; 0 for none.</summary>
    internal long Ticket => BinaryPrimitives.ReadInt64LittleEndian(_record[(HasLetterHead(Kind) ? 32 : 8)..]);

    internal int Attempts => BinaryPrimitives.ReadInt32LittleEndian(_record[4..]);

    internal long FirstUnixMs => BinaryPrimitives.ReadInt64LittleEndian(_record[16..]);

    internal long LastUnixMs => BinaryPrimitives.ReadInt64LittleEndian(_record[24..]);

    internal string Reason => Encoding.UTF8.GetString(_rest[..ReasonBytes(_record)]);

    /// <summary>Of a letter: the event's record body.</summary>
    internal ReadOnlySpan<byte> Body => _rest[ReasonBytes(_record)..];

    /// <summary>Bytes the record takes on disk.</summary>
    internal int FrameBytes => FrameHeader.FrameBytes(_record.Length);

    /// <summary>Of a list: how many sequence numbers it has.</summary>
    internal int Count => BinaryPrimitives.ReadInt32LittleEndian(_record[4..]);

    /// <summary>Of a list: number <paramref name="index"/>.</summary>
    internal long SequenceAt(int index) => BinaryPrimitives.ReadInt64LittleEndian(_rest[(index * sizeof(long))..]);

    /// <summary>Reads a record. False when it is none of a version known here.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> record, out DeadLetterRecord read)
    {
        read = default;
        if (record.Length < HeadBytes || record[0] != Version || record[1] is < (byte)DeadLetterRecordKind.Letter or > (
            byte)DeadLetterRecordKind.Begun)
        {
            return false;
        }
        var kind = (DeadLetterRecordKind)record[1];
        var restAt = (HasLetterHead(kind) ? LetterHeadBytes : HeadBytes) + record[3];
        if (record.Length < restAt)
        {
            return false;
        }
        var rest = record[restAt..];
        if (rest.Length < RestBytesMin(kind, record))
        {
            return false;
        }
        read = new DeadLetterRecord(record, rest);
        return true;
    }

    private static long RestBytesMin(DeadLetterRecordKind kind, ReadOnlySpan<byte> record) => kind switch
    {
        DeadLetterRecordKind.Letter or DeadLetterRecordKind.Refused => ReasonBytes(record),
        DeadLetterRecordKind.Begun => 0,
        // A negative count would be read as no less than this.
        _ => (long)(uint)BinaryPrimitives.ReadInt32LittleEndian(record[4..]) * sizeof(long),
    };

    private static bool HasLetterHead(DeadLetterRecordKind kind) => kind is DeadLetterRecordKind.Letter or DeadLetterRecordKind.Refused;

    private static int ReasonBytes(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt16LittleEndian(record[40..]);
}
