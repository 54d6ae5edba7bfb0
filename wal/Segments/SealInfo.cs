using Ingest.Wal.Format;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Segments;

/// <summary>What is known of a finished segment without scanning it: read once, then kept.</summary>
/// <param name="Bounds">Where its frames end.</param>
/// <param name="FirstUnixMs">Earliest wall time of its commits.</param>
/// <param name="LastUnixMs">Latest wall time of its commits.</param>
internal sealed record SealInfo(SegmentBounds Bounds, long FirstUnixMs, long LastUnixMs)
{
    /// <summary>
    /// Reads the seal of a segment; null when there is none, or it is damaged or cannot be read: no record depends on it.
    /// </summary>
    internal static SealInfo? Read(IWalFile file, SegmentName name, long fileBytes)
    {
        Span<byte> frame = stackalloc byte[SealBody.FrameBytes];
        try
        {
            frame = frame[..file.Read(frame, fileBytes - SealBody.FrameBytes)];
        }
        catch (StorageException e) when (e.Kind == StorageFailure.Failed)
        {
            return null;
        }
        return SealBody.TryRead(frame, name, fileBytes, out var seal, out var last)
            ? new SealInfo(new SegmentBounds(seal.DataEnd, last), seal.FirstUnixMs, seal.LastUnixMs)
            : null;
    }
}
