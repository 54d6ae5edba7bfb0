using System.Buffers.Binary;

namespace Ingest.Wal.Format;

/// <summary>
/// The 24 bytes before every frame body (FORMAT.md §3). Little-endian; frames start on 8-byte boundaries.
/// </summary>
/// <remarks>
/// <c>0 u32 body bytes · 4 u8 type · 5 u8[3] zero · 8 u64 sequence · 16 u32 CRC-32C of the body · 20 u32 CRC-32C of bytes 0..19,
/// seeded with the segment's salt</c>. The body's checksum is computed where the body is made (a request thread); the header's,
/// which needs the sequence and the segment, by the thread that commits. Because the header covers the body's checksum, stale bytes
/// of a recycled segment never validate.
/// </remarks>
public static class FrameHeader
{
    /// <summary>Length of the header in bytes.</summary>
    public const int Bytes = 24;

    /// <summary>Frames start at multiples of this many bytes.</summary>
    public const int Alignment = 8;

    internal const int LengthOffset = 0;
    internal const int TypeOffset = 4;
    internal const int SequenceOffset = 8;
    internal const int BodyChecksumOffset = 16;
    internal const int ChecksumOffset = 20;

    /// <summary>Bytes a frame with a body of <paramref name="bodyBytes"/> takes on disk, padding included.</summary>
    public static int FrameBytes(int bodyBytes) => (Bytes + bodyBytes + (Alignment - 1)) & ~(Alignment - 1);

    internal static int ReadLength(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt32LittleEndian(frame);

    /// <summary>Gives a frame whose body and body checksum are in place its number and its place. Returns the header's checksum.</summary>
    internal static uint Stamp(Span<byte> frame, long sequence, uint salt)
    {
        BinaryPrimitives.WriteInt64LittleEndian(frame[SequenceOffset..], sequence);
        var checksum = Crc32C.Compute(frame[..ChecksumOffset], salt);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[ChecksumOffset..], checksum);
        return checksum;
    }

    /// <summary>Writes the header of a frame whose body already stands behind it.</summary>
    internal static void Write(Span<byte> frame, FrameType type, long sequence, int bodyBytes, uint salt)
    {
        frame[..Bytes].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(frame, bodyBytes);
        frame[TypeOffset] = (byte)type;
        BinaryPrimitives.WriteUInt32LittleEndian(frame[BodyChecksumOffset..], Crc32C.Compute(frame.Slice(Bytes, bodyBytes)));
        Stamp(frame, sequence, salt);
    }
}
