using System.Buffers.Binary;

namespace Ingest.Wal.Format;

/// <summary>What the first block of a segment says (FORMAT.md §2).</summary>
/// <param name="LogId">The log the segment belongs to.</param>
/// <param name="Name">Base sequence and segment id, as in the file name.</param>
/// <param name="CreatedUnixMs">Wall time of the commit the segment was started for; 0 for the first one of a log.</param>
/// <param name="SegmentBytes">Length of the file.</param>
internal readonly record struct SegmentHeader(Guid LogId, SegmentName Name, long CreatedUnixMs, int SegmentBytes)
{
    /// <summary>Frames start here: a whole block, so that writing them never touches the header's sectors.</summary>
    internal const int BlockBytes = 4096;

    /// <summary>Bytes of the block that are used; the rest is zero.</summary>
    internal const int Bytes = 64;

    internal const uint Version = 1;

    private const int ChecksumOffset = Bytes - sizeof(uint);

    private static ReadOnlySpan<byte> Magic => "INGSTWAL"u8;

    internal void Write(Span<byte> block)
    {
        block.Clear();
        Magic.CopyTo(block);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], BlockBytes);
        LogId.TryWriteBytes(block[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(block[32..], Name.Id);
        BinaryPrimitives.WriteInt64LittleEndian(block[40..], Name.BaseSequence);
        BinaryPrimitives.WriteInt64LittleEndian(block[48..], CreatedUnixMs);
        BinaryPrimitives.WriteInt32LittleEndian(block[56..], SegmentBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(block[ChecksumOffset..], Crc32C.Compute(block[..ChecksumOffset]));
    }

    internal static bool TryRead(ReadOnlySpan<byte> block, out SegmentHeader header)
    {
        header = default;
        if (block.Length < Bytes || !block.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(block[ChecksumOffset..]) != Crc32C.Compute(block[..ChecksumOffset])
            || BinaryPrimitives.ReadUInt32LittleEndian(block[8..]) != Version
            || BinaryPrimitives.ReadInt32LittleEndian(block[12..]) != BlockBytes)
        {
            return false;
        }
        header = new SegmentHeader(
            new Guid(block.Slice(16, 16), bigEndian: true),
            new SegmentName(BinaryPrimitives.ReadInt64LittleEndian(block[40..]), BinaryPrimitives.ReadUInt64LittleEndian(block[32..])),
            BinaryPrimitives.ReadInt64LittleEndian(block[48..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[56..]));
        return true;
    }
}
