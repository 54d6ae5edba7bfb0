using Ingest.Wal.Format;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Reading;

/// <summary>Finds where in the log a wall time is: by the segments' seals, then by the commit frames of one segment.</summary>
internal static class TimeSearch
{
    /// <summary>The first number committed at or after the time; the durable sequence + 1 when there is none.</summary>
    internal static long Find(LogState state, long unixTimeMs)
    {
        var durable = state.DurableSequence;
        foreach (var segment in state.Segments)
        {
            if (segment.TryPin())
            {
                try
                {
                    if (FindIn(state, segment, unixTimeMs) is { } found)
                    {
                        return Math.Min(found, durable + 1);
                    }
                }
                finally
                {
                    segment.Unpin();
                }
            }
        }
        return durable + 1;
    }

    private static long? FindIn(LogState state, Segment segment, long unixTimeMs)
    {
        IWalFile file;
        try
        {
            file = state.Directory.Open(segment.FileName, writable: false);
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return null;
        }
        using (file)
        {
            var seal = segment.Seal ??= SealInfo.Read(file, segment.Name, segment.Bytes);
            if (seal is not null && seal.LastUnixMs < unixTimeMs)
            {
                return null;
            }
            var sealedNow = segment.LastSequence != long.MaxValue;
            var bounds = seal?.Bounds ?? (sealedNow ? new SegmentBounds(segment.FramesEnd, segment.LastGiven) : segment.Readable);
            using var window = new FrameWindow();
            window.Attach(file);
            return FindCommit(window, segment, bounds, unixTimeMs);
        }
    }

    private static long? FindCommit(FrameWindow window, Segment segment, in SegmentBounds bounds, long unixTimeMs)
    {
        var offset = (long)SegmentHeader.BlockBytes;
        var expected = segment.BaseSequence;
        while (expected <= bounds.Last || offset < bounds.End)
        {
            var next = window.FindFrame(offset, bounds.End, segment.Salt, offset, expected, bounds.Last, out var frame);
            if (next == bounds.End)
            {
                break;
            }
            var bytes = window.At(next, frame.Bytes, bounds.End);
            if (frame.Type == FrameType.Commit && bytes.Length >= frame.Bytes
                && CommitBody.TryRead(bytes.Slice(FrameHeader.Bytes, frame.BodyBytes), next, frame.Sequence, out var commit)
                && commit.UnixMs >= unixTimeMs)
            {
                return commit.First;
            }
            offset = next + frame.Bytes;
            expected = frame.Sequence + 1;
        }
        return null;
    }
}
