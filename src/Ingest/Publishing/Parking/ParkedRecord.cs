using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Ingest.Wal.Writing;

namespace Ingest.Publishing.Parking;

/// <summary>What a record of the parked log says.</summary>
internal enum ParkedKind : byte
{
    /// <summary>An event is parked, or was moved to the end of the log.</summary>
    Parked = 1,

    /// <summary>An attempt failed.</summary>
    Tried = 2,

    /// <summary>Events go to the dead letters; whether they are there is not known before <see cref="DeadLettered"/>.</summary>
    Doomed = 3,

    /// <summary>Events were delivered.</summary>
    Delivered = 4,

    /// <summary>Events are in the dead letters.</summary>
    DeadLettered = 5,

    /// <summary>Events were given up.</summary>
    Dropped = 6,

    /// <summary>Events were parked but never counted: the lane reads them from its log once more.</summary>
    Void = 7,
}

/// <summary>
/// A record of the parked log. Little-endian: <c>u8 kind · u8 flags (1 counted, 2 of its stream) · i32 attempts · u16 reason bytes ·
/// reason (UTF-8)</c>, then for a parked event <c>i64 sequence · i64 since · i64 first tried · record body</c>, else
/// <c>u32 count · i64 sequence each</c>.
/// </summary>
internal readonly ref struct ParkedRecord
{
    internal const int ReasonBytesMax = 384;

    private const int HeadBytes = 8;
    private const int EventBytes = 24;
    private const byte CountedFlag = 1;
    private const byte OfStreamFlag = 2;

    private readonly ReadOnlySpan<byte> _sequences;

    private ParkedRecord(ReadOnlySpan<byte> record, int reasonBytes)
    {
        Kind = (ParkedKind)record[0];
        IsCounted = (record[1] & CountedFlag) != 0;
        IsOfStream = (record[1] & OfStreamFlag) != 0;
        Attempts = BinaryPrimitives.ReadInt32LittleEndian(record[2..]);
        Reason = Encoding.UTF8.GetString(record.Slice(HeadBytes, reasonBytes));
        var rest = record[(HeadBytes + reasonBytes)..];
        if (Kind == ParkedKind.Parked)
        {
            _sequences = rest[..sizeof(long)];
            SinceUnixMs = BinaryPrimitives.ReadInt64LittleEndian(rest[8..]);
            FirstUnixMs = BinaryPrimitives.ReadInt64LittleEndian(rest[16..]);
            Body = rest[EventBytes..];
        }
        else
        {
            _sequences = rest[sizeof(uint)..];
        }
    }

    internal ParkedKind Kind { get; }

    internal bool IsCounted { get; }

    internal bool IsOfStream { get; }

    internal int Attempts { get; }

    internal string Reason { get; }

    internal long SinceUnixMs { get; }

    internal long FirstUnixMs { get; }

    internal ReadOnlySpan<byte> Body { get; }

    internal int Count => _sequences.Length / sizeof(long);

    internal long SequenceAt(int index) => BinaryPrimitives.ReadInt64LittleEndian(_sequences[(index * sizeof(long))..]);

    /// <summary>Reads a record. False: it is none this version knows.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> record, out ParkedRecord read)
    {
        read = default;
        if (record.Length < HeadBytes || record[0] is < (byte)ParkedKind.Parked or > (byte)ParkedKind.Void)
        {
            return false;
        }
        int reason = BinaryPrimitives.ReadUInt16LittleEndian(record[6..]);
        var rest = record.Length - HeadBytes - reason;
        if (record[0] == (byte)ParkedKind.Parked ? rest < EventBytes : rest < sizeof(uint)
            || rest != sizeof(uint) + (sizeof(long) * (long)BinaryPrimitives.ReadUInt32LittleEndian(record[(HeadBytes + reason)..])))
        {
            return false;
        }
        read = new ParkedRecord(record, reason);
        return true;
    }

    /// <summary>Writes a parked event.</summary>
    internal static void WriteParked(RecordBatch batch, ParkedEvent parked, ReadOnlySpan<byte> body)
    {
        Span<byte> head = stackalloc byte[HeadBytes + ReasonBytesMax + EventBytes];
        var used = WriteHead(head, ParkedKind.Parked, parked.IsCounted, parked.IsOfStream, parked.Attempts, parked.Reason);
        BinaryPrimitives.WriteInt64LittleEndian(head[used..], parked.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(head[(used + 8)..], parked.SinceUnixMs);
        BinaryPrimitives.WriteInt64LittleEndian(head[(used + 16)..], parked.FirstUnixMs);
        batch.BeginRecord();
        batch.Write(head[..(used + EventBytes)]);
        batch.Write(body);
        batch.EndRecord();
    }

    /// <summary>Writes what became of events.</summary>
    internal static void WriteChange(
        RecordBatch batch, ParkedKind kind, int attempts, string reason, ReadOnlySpan<long> sequences)
    {
        Span<byte> head = stackalloc byte[HeadBytes + ReasonBytesMax + sizeof(uint)];
        var used = WriteHead(head, kind, isCounted: false, isOfStream: false, attempts, reason);
        BinaryPrimitives.WriteUInt32LittleEndian(head[used..], (uint)sequences.Length);
        batch.BeginRecord();
        batch.Write(head[..(used + sizeof(uint))]);
        Span<byte> number = stackalloc byte[sizeof(long)];
        foreach (var sequence in sequences)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, sequence);
            batch.Write(number);
        }
        batch.EndRecord();
    }

    private static int WriteHead(Span<byte> head, ParkedKind kind, bool isCounted, bool isOfStream, int attempts, string reason)
    {
        head[0] = (byte)kind;
        head[1] = (byte)((isCounted ? CountedFlag : 0) | (isOfStream ? OfStreamFlag : 0));
        BinaryPrimitives.WriteInt32LittleEndian(head[2..], attempts);
        Encoding.UTF8.GetEncoder().Convert(reason, head.Slice(HeadBytes, ReasonBytesMax), flush: true, out _, out var bytes, out _);
        BinaryPrimitives.WriteUInt16LittleEndian(head[6..], (ushort)bytes);
        return HeadBytes + bytes;
    }
}
