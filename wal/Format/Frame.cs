using System.Buffers.Binary;

namespace Ingest.Wal.Format;

/// <summary>A frame's header, read back from disk and found to belong to its segment.</summary>
/// <param name="Type">What the frame is.</param>
/// <param name="Sequence">A record's number; the last number of a commit's group or of a sealed segment.</param>
/// <param name="BodyBytes">Length of the body.</param>
/// <param name="BodyChecksum">What the body's CRC-32C must be.</param>
/// <param name="Checksum">The header's own salted checksum.</param>
internal readonly record struct Frame(FrameType Type, long Sequence, int BodyBytes, uint BodyChecksum, uint Checksum)
{
    /// <summary>Bytes the frame takes on disk, padding included.</summary>
    internal int Bytes => FrameHeader.FrameBytes(BodyBytes);

    /// <summary>
    /// Reads the header at the start of <paramref name="bytes"/>. False for anything that was not written for the segment of
    /// <paramref name="salt"/>, that cannot fit in <paramref name="bytesLeft"/>, or that is no frame. Checks nothing of the body.
    /// </summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, uint salt, long bytesLeft, out Frame frame)
    {
        frame = default;
        if (bytesLeft < FrameHeader.Bytes || bytes.Length < FrameHeader.Bytes)
        {
            return false;
        }
        var start = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var type = (FrameType)(byte)(start >> 32);
        var length = (uint)start;
        if (start >> 40 != 0 || type is < FrameType.Record or > FrameType.Seal || length > bytesLeft - FrameHeader.Bytes)
        {
            return false;
        }
        var sequence = BinaryPrimitives.ReadInt64LittleEndian(bytes[FrameHeader.SequenceOffset..]);
        var checksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[FrameHeader.ChecksumOffset..]);
        if (sequence < 0 || checksum != Crc32C.Compute(bytes[..FrameHeader.ChecksumOffset], salt))
        {
            return false;
        }
        var bodyChecksum = BinaryPrimitives.ReadUInt32LittleEndian(bytes[FrameHeader.BodyChecksumOffset..]);
        frame = new Frame(type, sequence, (int)length, bodyChecksum, checksum);
        return true;
    }

    /// <summary>
    /// Reads a record's header without asking its own checksum: all of it may be wrong, but for a length that cannot fit in
    /// <paramref name="bytesLeft"/>. False for other frames.
    /// </summary>
    internal static bool TryReadRecord(ReadOnlySpan<byte> bytes, long bytesLeft, out Frame frame)
    {
        if (bytes.Length < FrameHeader.Bytes || bytes[FrameHeader.TypeOffset] != (byte)FrameType.Record)
        {
            frame = default;
            return false;
        }
        frame = new Frame(
            FrameType.Record,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[FrameHeader.SequenceOffset..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[FrameHeader.BodyChecksumOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[FrameHeader.ChecksumOffset..]));
        return (uint)frame.BodyBytes <= bytesLeft - FrameHeader.Bytes;
    }

    /// <summary>Whether <paramref name="body"/> is the body this header was written for.</summary>
    internal bool Matches(ReadOnlySpan<byte> body) => Crc32C.Compute(body) == BodyChecksum;
}
