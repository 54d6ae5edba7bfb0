using System.Buffers.Binary;

namespace Ingest.Wal.Format;

/// <summary>The body of a commit frame: which frames were written together (FORMAT.md §4). The frame's sequence is the group's
/// last.</summary>
/// <param name="First">The number of the group's first record.</param>
/// <param name="Count">How many records.</param>
/// <param name="GroupBytes">From the group's first byte to the end of the commit frame.</param>
/// <param name="GroupOffset">Where in the segment the group starts.</param>
/// <param name="UnixMs">Wall time of the commit.</param>
/// <param name="Chain">CRC-32C over the header checksums of the group's records in order, seeded with the segment's salt.</param>
internal readonly record struct CommitBody(long First, int Count, int GroupBytes, long GroupOffset, long UnixMs, uint Chain)
{
    internal const int Bytes = 40;

    /// <summary>What a commit frame takes on disk.</summary>
    internal const int FrameBytes = FrameHeader.Bytes + Bytes;

    internal void WriteFrame(Span<byte> frame, uint salt)
    {
        var body = frame.Slice(FrameHeader.Bytes, Bytes);
        BinaryPrimitives.WriteInt64LittleEndian(body, First);
        BinaryPrimitives.WriteInt32LittleEndian(body[8..], Count);
        BinaryPrimitives.WriteInt32LittleEndian(body[12..], GroupBytes);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], GroupOffset);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], UnixMs);
        BinaryPrimitives.WriteUInt32LittleEndian(body[32..], Chain);
        BinaryPrimitives.WriteUInt32LittleEndian(body[36..], 0);
        FrameHeader.Write(frame, FrameType.Commit, First + Count - 1, Bytes, salt);
    }

    /// <summary>Reads a body whose checksum was right; false when it does not fit its frame's place and sequence.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> body, long frameOffset, long frameSequence, out CommitBody commit)
    {
        commit = default;
        if (body.Length != Bytes)
        {
            return false;
        }
        commit = new CommitBody(
            BinaryPrimitives.ReadInt64LittleEndian(body),
            BinaryPrimitives.ReadInt32LittleEndian(body[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(body[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(body[32..]));
        return commit.First > 0 && commit.Count > 0 && commit.First + commit.Count - 1 == frameSequence
            && commit.GroupOffset >= SegmentHeader.BlockBytes
            && commit.GroupOffset + commit.GroupBytes == frameOffset + FrameBytes;
    }

    /// <summary>The chain with one more record's header checksum.</summary>
    internal static uint Extend(uint chain, uint headerChecksum)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, headerChecksum);
        return Crc32C.Compute(bytes, chain);
    }
}
