using System.Buffers.Binary;

namespace Ingest.Wal.Format;

/// <summary>
/// The body of the seal, the frame in the last bytes of a finished segment: found without a scan (FORMAT.md §5). The frame's sequence is
/// the segment's last.
/// </summary>
/// <param name="DataEnd">Where the last commit frame ends.</param>
/// <param name="Records">How many records the segment holds.</param>
/// <param name="FirstUnixMs">Earliest wall time of its commits.</param>
/// <param name="LastUnixMs">Latest wall time of its commits.</param>
internal readonly record struct SealBody(long DataEnd, long Records, long FirstUnixMs, long LastUnixMs)
{
    internal const int Bytes = 40;

    /// <summary>What a seal takes on disk, at the very end of the segment.</summary>
    internal const int FrameBytes = FrameHeader.Bytes + Bytes;

    internal void WriteFrame(Span<byte> frame, long lastSequence, uint salt)
    {
        var body = frame.Slice(FrameHeader.Bytes, Bytes);
        BinaryPrimitives.WriteInt64LittleEndian(body, DataEnd);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], Records);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], FirstUnixMs);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], LastUnixMs);
        BinaryPrimitives.WriteInt64LittleEndian(body[32..], 0);
        FrameHeader.Write(frame, FrameType.Seal, lastSequence, Bytes, salt);
    }

    /// <summary>Reads the last <see cref="FrameBytes"/> bytes of a segment. False: not sealed, or the seal is damaged.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> frame, SegmentName name, long fileBytes, out SealBody seal, out long lastSequence)
    {
        seal = default;
        lastSequence = 0;
        if (!Frame.TryRead(frame, name.Salt, frame.Length, out var header) || header.Type != FrameType.Seal || header.BodyBytes != Bytes
            || frame.Length < FrameBytes || !header.Matches(frame.Slice(FrameHeader.Bytes, Bytes)))
        {
            return false;
        }
        var body = frame.Slice(FrameHeader.Bytes, Bytes);
        seal = new SealBody(
            BinaryPrimitives.ReadInt64LittleEndian(body),
            BinaryPrimitives.ReadInt64LittleEndian(body[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[24..]));
        lastSequence = header.Sequence;
        return seal.DataEnd >= SegmentHeader.BlockBytes && seal.DataEnd <= fileBytes - FrameBytes
            && seal.Records == lastSequence - name.BaseSequence + 1;
    }
}
