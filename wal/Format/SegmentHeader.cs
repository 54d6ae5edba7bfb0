using System.Buffers.Binary;

namespace Ingest.Wal.Format;

/// <summary>What the first block of a segment says (FORMAT.md §2).</summary>
/// <param name="LogId">The log the segment belongs to.</param>
/// <param name="Name">Base sequence and segment id, as in the file name.</param>
/// <param name="CreatedUnixMs">Wall time of the commit the segment was started for; 0 for the first one of a log.</param>
/// <param name="SegmentBytes">Length of the file.</param>
/// <param name="Epoch">Under what identity its first number was given out, and what was passed over before it. The log's own identity and
/// nothing where earlier builds wrote the segment.</param>
internal readonly record struct SegmentHeader(Guid LogId, SegmentName Name, long CreatedUnixMs, int SegmentBytes, Epoch Epoch)
{
    /// <summary>Frames start here: a whole block, so that writing them never touches the header's sectors.</summary>
    internal const int BlockBytes = 4096;

    /// <summary>Bytes of the block that are used; the rest is zero.</summary>
    internal const int Bytes = BasicBytes + EpochBytes;

    internal const uint Version = 1;

    private const int BasicBytes = 64;
    private const int EpochBytes = 28;
    private const int ChecksumOffset = BasicBytes - sizeof(uint);
    private const int EpochChecksumOffset = Bytes - sizeof(uint);

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
        Epoch.Id.TryWriteBytes(block[BasicBytes..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(block[80..], Epoch.Before);
        BinaryPrimitives.WriteUInt32LittleEndian(block[EpochChecksumOffset..], Crc32C.Compute(block[..EpochChecksumOffset]));
    }

    internal static bool TryRead(ReadOnlySpan<byte> block, out SegmentHeader header)
    {
        header = default;
        if (block.Length < BasicBytes || !block.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(block[ChecksumOffset..]) != Crc32C.Compute(block[..ChecksumOffset])
            || BinaryPrimitives.ReadUInt32LittleEndian(block[8..]) != Version
            || BinaryPrimitives.ReadInt32LittleEndian(block[12..]) != BlockBytes
            || !HasEpoch(block, out var hasEpoch))
        {
            return false;
        }
        var logId = new Guid(block.Slice(16, 16), bigEndian: true);
        var name = new SegmentName(BinaryPrimitives.ReadInt64LittleEndian(block[40..]), BinaryPrimitives.ReadUInt64LittleEndian(
            block[32..]));
        header = new SegmentHeader(
            logId,
            name,
            BinaryPrimitives.ReadInt64LittleEndian(block[48..]),
            BinaryPrimitives.ReadInt32LittleEndian(block[56..]),
            hasEpoch ? ReadEpoch(block, name.BaseSequence) : new Epoch(name.BaseSequence, name.BaseSequence - 1, logId));
        // The last number given out before is one before it.
        return header.Epoch.Before >= 0 && header.Epoch.Skipped >= 0;
    }

    /// <summary>False: it is damaged. Earlier builds left zeros there.</summary>
    private static bool HasEpoch(ReadOnlySpan<byte> block, out bool hasEpoch)
    {
        hasEpoch = block.Length > BasicBytes && block[BasicBytes..Math.Min(block.Length, Bytes)].ContainsAnyExcept((byte)0);
        return !hasEpoch || (block.Length >= Bytes
            && BinaryPrimitives.ReadUInt32LittleEndian(block[EpochChecksumOffset..]) == Crc32C.Compute(block[..EpochChecksumOffset]));
    }

    private static Epoch ReadEpoch(ReadOnlySpan<byte> block, long first) =>
        new(first, BinaryPrimitives.ReadInt64LittleEndian(block[80..]), new Guid(block.Slice(BasicBytes, 16), bigEndian: true));
}
