using System.Buffers.Binary;

namespace Ingest.Wal.Format;

/// <summary>One of the two places of a cursor file, written in turn (FORMAT.md §7). The valid one with the higher generation
/// counts.</summary>
/// <param name="Generation">Grows by one with each save.</param>
/// <param name="Sequence">Everything up to here is settled.</param>
/// <param name="AnnotationBytes">How many bytes follow.</param>
/// <param name="Log">Of which log the position is: <see cref="TagOf"/>; 0 where an earlier build saved it.</param>
internal readonly record struct CursorSlot(long Generation, long Sequence, int AnnotationBytes, ulong Log)
{
    /// <summary>Distance between the two slots.</summary>
    internal const int SlotBytes = 64 * 1024;

    internal const int FileBytes = 2 * SlotBytes;

    /// <summary>What comes before the annotation.</summary>
    internal const int HeaderBytes = 40;

    private const int ChecksumOffset = 36;

    private static ReadOnlySpan<byte> Magic => "INGSTCUR"u8;

    /// <summary>Writes the header in front of an annotation that is already in place.</summary>
    internal void Write(Span<byte> slot)
    {
        Magic.CopyTo(slot);
        BinaryPrimitives.WriteInt64LittleEndian(slot[8..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(slot[16..], Sequence);
        BinaryPrimitives.WriteInt32LittleEndian(slot[24..], AnnotationBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[28..], Log);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[ChecksumOffset..], Checksum(slot, AnnotationBytes));
    }

    /// <summary>Eight bytes of a log's identity, never 0: the exclusive or of its two halves.</summary>
    internal static ulong TagOf(Guid logId)
    {
        Span<byte> bytes = stackalloc byte[16];
        logId.TryWriteBytes(bytes, bigEndian: true, out _);
        var tag = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        return tag == 0 ? 1 : tag;
    }

    /// <summary>Whether the position may be of the log with this tag.</summary>
    internal bool IsOf(ulong log) => Log == log || Log == 0;

    /// <summary>What a header says about what follows it; 0 when that cannot be.</summary>
    internal static int AnnotationLength(ReadOnlySpan<byte> header) =>
        BinaryPrimitives.ReadInt32LittleEndian(header[24..]) is >= 0 and <= SlotBytes - HeaderBytes and var length ? length : 0;

    internal static bool TryRead(ReadOnlySpan<byte> slot, out CursorSlot value)
    {
        value = default;
        if (slot.Length < HeaderBytes || !slot.StartsWith(Magic))
        {
            return false;
        }
        var annotationBytes = AnnotationLength(slot);
        if (annotationBytes != BinaryPrimitives.ReadInt32LittleEndian(slot[24..]) || annotationBytes > slot.Length - HeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(slot[ChecksumOffset..]) != Checksum(slot, annotationBytes))
        {
            return false;
        }
        value = new CursorSlot(
            BinaryPrimitives.ReadInt64LittleEndian(slot[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(slot[16..]),
            annotationBytes,
            BinaryPrimitives.ReadUInt64LittleEndian(slot[28..]));
        return value.Generation > 0 && value.Sequence >= 0;
    }

    private static uint Checksum(ReadOnlySpan<byte> slot, int annotationBytes) =>
        Crc32C.Compute(slot.Slice(HeaderBytes, annotationBytes), Crc32C.Compute(slot[..ChecksumOffset]));
}
