using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Recovery;

/// <summary>
/// Finds the segments of a log among the files of its directory. What only looks like one is moved to <c>quarantine/</c>.
/// </summary>
/// <param name="directory">The log.</param>
/// <param name="quarantine">Takes what is no segment.</param>
/// <param name="holds">Which cursors hold the log: up to the lowest of them it may have been reclaimed.</param>
internal sealed class SegmentCatalog(IWalDirectory directory, Quarantine quarantine, Func<string, bool>? holds)
{
    private readonly List<Entry> _entries = [];
    private readonly List<(SegmentName Name, long Bytes)> _unreadable = [];

    /// <summary>The first number that went with a segment that holds nothing readable; null when none did.</summary>
    internal long? LostFrom { get; private set; }

    /// <summary>The last number before the newest file that may be a segment of this log, readable or not.</summary>
    internal long Evidence { get; private set; }

    /// <summary>The largest segment there is or was made.</summary>
    internal int LargestBytes { get; private set; }

    /// <summary>Epochs that segments of the log say they belong to, in order.</summary>
    internal IEnumerable<Epoch> Epochs =>
        _entries.OrderBy(entry => entry.Segment.BaseSequence).Where(entry => entry.Header is not null).Select(entry =>
            entry.Header!.Value.Epoch);

    /// <summary>Segments of the log, oldest first, and its identity; null when no segment has a valid header.</summary>
    internal List<Segment> Read(IReadOnlyList<string> files, out Guid? logId)
    {
        foreach (var file in files)
        {
            if (SegmentName.TryParse(file, out var name))
            {
                Add(file, name);
            }
        }
        logId = MostCommonLogId();
        foreach (var entry in _entries.ToList())
        {
            if (entry.Header is { } header && header.LogId != logId)
            {
                MoveAside(entry);
            }
        }
        RemoveLeftovers();
        Evidence = _entries.Select(entry => entry.Segment.BaseSequence).Concat(_unreadable.Select(other => other.Name.BaseSequence))
            .DefaultIfEmpty(1).Max() - 1;
        LargestBytes = _entries.Select(entry => entry.Segment.DeclaredBytes).DefaultIfEmpty(0).Max();
        MoveUnreadable(logId);
        return [.. _entries.Select(entry => entry.Segment).OrderBy(segment => segment.BaseSequence)];
    }

    private void Add(string file, SegmentName name)
    {
        using var open = directory.Open(file, writable: false);
        var length = open.Length;
        var isReadable = TryReadHeader(open, name, out var header);
        if (length is < SegmentHeader.BlockBytes + SealBody.FrameBytes or > WalOptions.SegmentBytesMax
            || (isReadable && header is null && !HasFrames(open, name, length)))
        {
            _unreadable.Add((name, length));
            return;
        }
        var bytes = (int)(length & ~(FrameHeader.Alignment - 1L));
        _entries.Add(new Entry(new Segment(name, bytes, header?.CreatedUnixMs ?? 0, header?.SegmentBytes ?? 0), header));
    }

    /// <summary>False: the disk cannot read it, so nothing is known of it. A header that is null is damaged, or another segment's. The
    /// records do not depend on it.</summary>
    private static bool TryReadHeader(IWalFile file, SegmentName name, out SegmentHeader? header)
    {
        header = null;
        Span<byte> block = stackalloc byte[SegmentHeader.Bytes];
        try
        {
            block = block[..file.Read(block, 0)];
        }
        catch (StorageException e) when (e.Kind == StorageFailure.Failed)
        {
            return false;
        }
        if (SegmentHeader.TryRead(block, out var read) && read.Name == name)
        {
            header = read;
        }
        return true;
    }

    /// <summary>The name alone gives the salt: a segment whose header block was damaged still delivers its records.</summary>
    private static bool HasFrames(IWalFile file, SegmentName name, long length)
    {
        using var window = new FrameWindow();
        window.Attach(file);
        var limit = length & ~(FrameHeader.Alignment - 1L);
        return window.FindFrame(SegmentHeader.BlockBytes, limit, name.Salt, 0, name.BaseSequence, long.MaxValue, out _) < limit;
    }

    /// <summary>A stray file of another log must not take this one over: the identity most segments have is the log's.</summary>
    private Guid? MostCommonLogId() => _entries
        .Where(entry => entry.Header is not null)
        .GroupBy(entry => entry.Header?.LogId)
        .OrderByDescending(group => group.Count())
        .ThenByDescending(group => group.Max(entry => entry.Segment.BaseSequence))
        .FirstOrDefault()?.Key;

    /// <summary>
    /// A segment without records is replaced by another with the same first number when it is too small for the next group; a crash in
    /// between leaves both. An empty one is deleted; two that both have frames cannot come from a crash.
    /// </summary>
    private void RemoveLeftovers()
    {
        foreach (var twins in _entries.GroupBy(entry => entry.Segment.BaseSequence).Where(group => group.Count() > 1).ToList())
        {
            foreach (var entry in twins.OrderByDescending(HasFrames).ThenByDescending(entry => entry.Segment.Bytes).Skip(1))
            {
                if (HasFrames(entry))
                {
                    MoveAside(entry);
                }
                else
                {
                    directory.Delete(entry.Segment.FileName);
                    _entries.Remove(entry);
                }
            }
        }
    }

    /// <summary>What they held is known by their names and by what is around them: everything up to the next segment, unless another one
    /// begins with the same number.</summary>
    private void MoveUnreadable(Guid? logId)
    {
        foreach (var (name, bytes) in _unreadable)
        {
            var first = FirstHeld(name, logId);
            // Behind the last number given out before a segment there may be some that were passed over.
            var next = _entries.Select(entry => (entry.Header?.Epoch.Before + 1) ?? entry.Segment.BaseSequence)
                .Concat(_unreadable.Select(other => other.Name.BaseSequence).Where(sequence => sequence > name.BaseSequence))
                .Where(sequence => sequence >= name.BaseSequence)
                .Cast<long?>()
                .Min();
            if (next is null || next > first)
            {
                LostFrom = Math.Min(first, LostFrom ?? first);
            }
            quarantine.Move(name, bytes, Math.Max(0, (next ?? first) - first));
        }
    }

    /// <summary>
    /// The first number that only this file can have held. Behind a segment: the one after that segment's last. Before all of them:
    /// the log may have begun anywhere up to what is settled, and a file that was put there proves nothing by its name.
    /// </summary>
    private long FirstHeld(in SegmentName name, Guid? logId)
    {
        var from = name.BaseSequence;
        if (_entries.Where(entry => entry.Segment.BaseSequence < from).MaxBy(entry => entry.Segment.BaseSequence) is not { } before)
        {
            return Math.Max(from, CursorStore.LowestHeld(directory, holds, logId is { } id ? CursorSlot.TagOf(id) : null) + 1);
        }
        using var file = directory.Open(before.Segment.FileName, writable: false);
        return Math.Max(from, SealInfo.Read(file, before.Segment.Name, before.Segment.Bytes)?.Bounds.Last + 1 ?? from);
    }

    private bool HasFrames(Entry entry)
    {
        using var file = directory.Open(entry.Segment.FileName, writable: false);
        return HasFrames(file, entry.Segment.Name, entry.Segment.FramesEnd);
    }

    private void MoveAside(Entry entry)
    {
        quarantine.Move(entry.Segment.Name, entry.Segment.Bytes);
        _entries.Remove(entry);
    }

    private sealed record Entry(Segment Segment, SegmentHeader? Header);
}
