using Ingest.Wal.Recovery;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Retention;

/// <summary>Removes sealed segments that nothing needs, oldest first and one after another: what remains is always a contiguous suffix,
/// also after a power cut in between. Any thread, one at a time.</summary>
internal sealed class Reclaimer(LogState state, SegmentSpares spares)
{
    private readonly Lock _lock = new();

    internal ReclaimResult Reclaim(in ReclaimLimits limits)
    {
        lock (_lock)
        {
            var segments = state.Segments;
            var removable = RemovableCount(segments, limits);
            var (deleted, recycled) = (0, 0);
            for (var i = 0; i < removable && state.Poison is null; i++)
            {
                if (Remove(segments[i]))
                {
                    recycled++;
                }
                else
                {
                    deleted++;
                }
            }
            return new ReclaimResult(deleted, recycled);
        }
    }

    private int RemovableCount(Segment[] segments, in ReclaimLimits limits)
    {
        var settled = 0;
        while (settled < segments.Length - 1 && segments[settled].LastSequence <= limits.SettledSequence)
        {
            settled++;
        }
        var kept = 0L;
        while (settled > 0 && limits.KeepBytes - kept >= segments[settled - 1].Bytes)
        {
            kept += segments[--settled].Bytes;
        }
        for (var i = 0; i < settled; i++)
        {
            if (LastUnixMs(segments[i]) >= limits.KeepSinceUnixMs)
            {
                return i;
            }
        }
        return settled;
    }

    /// <summary>From the seal; where that is damaged, from the commits, once. Of a file that is gone there is nothing to keep.</summary>
    private long LastUnixMs(Segment segment)
    {
        if (segment.Seal is null)
        {
            try
            {
                using var file = state.Directory.Open(segment.FileName, writable: false);
                segment.Seal = SealInfo.Read(file, segment.Name, segment.Bytes) ?? Scan(segment, file);
            }
            catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
            {
                return long.MinValue;
            }
        }
        return segment.Seal.LastUnixMs;
    }

    private static SealInfo Scan(Segment segment, IWalFile file)
    {
        using var scan = new SegmentScan(file, segment.Name, segment.FramesEnd);
        scan.Run(default);
        return new SealInfo(new SegmentBounds(segment.FramesEnd, segment.LastGiven), scan.FirstUnixMs, scan.LastUnixMs);
    }

    /// <summary>True: recycled. A segment that a reader still has open is deleted: the reader keeps its bytes.</summary>
    private bool Remove(Segment segment)
    {
        var reusable = segment.Retire();
        string? spare = null;
        try
        {
            if (reusable && segment.Bytes == state.Options.SegmentBytes && spares.Count < state.Options.SegmentsReadyMax)
            {
                spare = spares.Rename(segment.FileName);
            }
            else
            {
                state.Directory.Delete(segment.FileName);
            }
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            // It was deleted by other hands. Nothing needed it any more, and those behind it have to go as well.
        }
        catch
        {
            segment.Reinstate();
            throw;
        }
        try
        {
            // The old name must be gone for good before the next one goes, and before the file's bytes are written over.
            state.SyncDirectory();
        }
        finally
        {
            state.Remove(segment);
        }
        if (spare is null)
        {
            return false;
        }
        spares.Add(new SpareSegment(spare, state.Directory.Open(spare, writable: true)));
        return true;
    }
}
