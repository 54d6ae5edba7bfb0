using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Recovery;

/// <summary>Opens what is in the directory: README.md, "Recovery", has the steps in the same order. One use.</summary>
internal sealed class LogRecovery(IWalDirectory directory, WalOptions options, Func<ulong> newId)
{
    private readonly Quarantine _quarantine = new(directory);
    private CleanMark? _clean;
    private long _known;
    private bool _markIsNeeded;
    private RecoveryReport _report = new();

    [SuppressMessage("Reliability", "CA2000", Justification = "The open log owns the parts; on the way there the catch disposes them.")]
    internal RecoveredLog Run()
    {
        // A rename that the last process did not live to sync must not be undone by a power cut once it was built upon.
        directory.Sync();
        var files = directory.List();
        _clean = CleanMark.Read(directory);
        _known = Math.Max(_clean?.Sequence ?? 0, HighestCursor());
        var catalog = new SegmentCatalog(directory, _quarantine, options.Holds);
        var segments = catalog.Read(files, out var logId);
        var state = new LogState(directory, options, logId ?? NewLogId());
        var spares = new SegmentSpares(state, newId);
        var tail = new TailSegment(state, spares, newId);
        try
        {
            spares.Adopt(files);
            Start(state, tail, segments);
            ContinueBehindWhatIsKnown(state, tail);
            state.NoteLostHead(catalog.LostFrom);
            RemoveCleanMark(state, files);
        }
        catch
        {
            tail.Dispose();
            spares.Dispose();
            throw;
        }
        return new RecoveredLog(state, spares, tail, _quarantine, _report with { Quarantined = _quarantine.Found });
    }

    private void Start(LogState state, TailSegment tail, List<Segment> segments)
    {
        if (segments.Count == 0)
        {
            RollOrThrow(tail, baseSequence: 1);
            return;
        }
        for (var i = 0; i + 1 < segments.Count; i++)
        {
            segments[i].PublishLast(segments[i + 1].BaseSequence - 1);
        }
        var last = segments[^1];
        var file = directory.Open(last.FileName, writable: true);
        try
        {
            last.Seal = SealInfo.Read(file, last.Name, last.Bytes);
            var bounds = last.Seal is { } seal ? ResumeSealed(tail, last, file, seal) : ResumeTail(tail, last, file);
            last.PublishReadable(bounds);
            state.Start(segments, bounds.Last);
            _report = _report with { CleanShutdown = _clean == new CleanMark(last.Name.Id, bounds.End, bounds.Last) };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SegmentBounds ResumeSealed(TailSegment tail, Segment last, IWalFile file, SealInfo seal)
    {
        tail.ResumeSealed(last, seal.Bounds);
        file.Dispose();
        return seal.Bounds;
    }

    private SegmentBounds ResumeTail(TailSegment tail, Segment last, IWalFile file)
    {
        CleanMark? clean = _clean is { } mark && mark.SegmentId == last.Name.Id ? mark : null;
        // Nobody keeps a position that was not durable: whatever is missing of it was not torn.
        var certain = new SegmentBounds(clean?.End ?? 0, clean?.Sequence ?? _known);
        var found = TailRecovery.Run(last, file, certain, clean, _quarantine);
        _markIsNeeded = found.EndIsVouchedFor && clean is not null;
        _report = _report with { BytesScanned = found.BytesScanned, TornBytes = found.TornBytes };
        tail.Resume(last, file, found.Bounds, found.FirstUnixMs, found.LastUnixMs);
        return found.Bounds;
    }

    /// <summary>
    /// A cursor or the clean mark may know of records that are no longer there (the last segment was deleted, an older copy was restored).
    /// Their numbers are not given out again: whoever keeps a position would take new records for delivered ones.
    /// </summary>
    private void ContinueBehindWhatIsKnown(LogState state, TailSegment tail)
    {
        if (_known <= state.DurableSequence)
        {
            return;
        }
        var missing = new WalGap(state.DurableSequence + 1, _known - state.DurableSequence, Reclaimed: false);
        RollOrThrow(tail, _known + 1);
        state.Start(state.Segments, _known);
        _report = _report with { MissingEnd = missing };
    }

    private void RollOrThrow(TailSegment tail, long baseSequence)
    {
        if (!tail.Roll(baseSequence, unixTimeMs: 0))
        {
            throw new StorageException(StorageFailure.Full, $"{directory.Path} has no room for a segment of {options.SegmentBytes} bytes.");
        }
    }

    private long HighestCursor() =>
        CursorStore.Names(directory).Select(name => CursorStore.ReadPosition(directory, name)).DefaultIfEmpty(0).Max();

    /// <summary>
    /// Before anything is appended: the mark is no longer true then. It stays as long as nothing else says that the damaged last group was
    /// committed, or a crash before the next commit would have the group taken for torn; what it says of the end is a lower bound then.
    /// </summary>
    private void RemoveCleanMark(LogState state, IReadOnlyList<string> files)
    {
        var stale = files
            .Where(file => file is CleanMark.NewFileName || (file is CleanMark.FileName && !_markIsNeeded))
            .ToList();
        foreach (var file in stale)
        {
            directory.Delete(file);
        }
        if (stale.Count > 0)
        {
            state.SyncDirectory();
        }
    }

    private Guid NewLogId()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, newId());
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], newId());
        return new Guid(bytes);
    }
}
