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
        var table = EpochTable.Read(directory, out _);
        var catalog = new SegmentCatalog(directory, _quarantine, options.Holds);
        var segments = catalog.Read(files, out var found);
        var logId = found ?? (table.LogId != Guid.Empty ? table.LogId : NewId());
        ReadWhatIsKnown(logId);
        var state = new LogState(directory, options, table.Of(logId, catalog.Epochs));
        var spares = new SegmentSpares(state, newId);
        var tail = new TailSegment(state, spares, newId);
        try
        {
            spares.Adopt(files);
            Start(state, tail, segments);
            ChooseNext(state, catalog, isNew: segments.Count == 0 && _quarantine.Found.Count == 0);
            // Now, while there may be room, and not with the first group. Without room the first group is refused.
            _ = state.KeepEpoch();
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
        var cut = segments.Where(segment => segment.IsCut).Select(segment => (segment.FileName, (
            long)segment.DeclaredBytes - segment.Bytes));
        return new RecoveredLog(
            state, spares, tail, _quarantine, _report with { Quarantined = _quarantine.Found, CutSegments = [.. cut] });
    }

    private void ReadWhatIsKnown(Guid logId)
    {
        _clean = CleanMark.Read(directory) is { } mark && mark.IsOf(logId) ? mark : null;
        _known = Math.Max(_clean?.Sequence ?? 0, CursorStore.Highest(directory, CursorSlot.TagOf(logId)));
    }

    /// <summary>
    /// Numbers that anybody may have seen are not given out again. After a stop in order the last one is known. After any other,
    /// what the end of the
    /// log held cannot be told from what a crash tore: so the next number stands behind everything that could have been there, which is a
    /// segment full of empty records behind the last evidence.
    /// </summary>
    private void ChooseNext(LogState state, SegmentCatalog catalog, bool isNew)
    {
        if (isNew && _known == 0 && state.Epochs.Entries.Count == 0)
        {
            state.BeginEpoch(new Epoch(1, 0, state.Id));
            return;
        }
        var last = Math.Max(Math.Max(state.DurableSequence, _known), Math.Max(catalog.Evidence, state.Epochs.Evidence));
        // A mark may have outlived what came after it, where only it vouched for a damaged group. Then another epoch began since.
        var isCertain = _report.CleanShutdown && !_markIsNeeded && last < _clean!.Value.Next && _clean.Value.Epoch == state.Epochs.Newest;
        var next = isCertain ? _clean!.Value.Next : last + 1 + (Math.Max(options.SegmentBytes, catalog.LargestBytes) / FrameHeader.Bytes);
        state.BeginEpoch(new Epoch(next, last, NewId()));
        _report = _report with { SkippedNumbers = next - 1 - last };
    }

    private void Start(LogState state, TailSegment tail, List<Segment> segments)
    {
        if (segments.Count == 0)
        {
            RollOrThrow(state, tail, baseSequence: 1);
            return;
        }
        for (var i = 0; i + 1 < segments.Count; i++)
        {
            segments[i].PublishLast(segments[i + 1].BaseSequence - 1, state.Epochs.LastBefore(segments[i + 1].BaseSequence));
        }
        var last = segments[^1];
        var file = directory.Open(last.FileName, writable: true);
        try
        {
            last.Seal = SealInfo.Read(file, last.Name, last.Bytes);
            var bounds = last.Seal is { } seal ? ResumeSealed(tail, last, file, seal) : ResumeTail(tail, last, file);
            last.PublishReadable(bounds);
            state.Start(segments, bounds.Last);
            var clean = _clean is { } mark && mark.SegmentId == last.Name.Id && mark.End == bounds.End && mark.Sequence == bounds.Last;
            _report = _report with { CleanShutdown = clean };
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
        // No position is kept that was not durable: whatever is missing of it was not torn.
        var certain = new SegmentBounds(clean?.End ?? 0, clean?.Sequence ?? _known);
        var found = TailRecovery.Run(last, file, certain, clean, _quarantine);
        _markIsNeeded = found.EndIsVouchedFor && clean is not null;
        _report = _report with { BytesScanned = found.BytesScanned, TornBytes = found.TornBytes, TornRecords = found.TornRecords };
        tail.Resume(last, file, found.Bounds, found.FirstUnixMs, found.LastUnixMs);
        return found.Bounds;
    }

    /// <summary>
    /// A cursor or the clean mark may know of records that are no longer there (the last segment was deleted or cut, an older copy
    /// was restored).
    /// Readers are to meet that gap now, not with the next record.
    /// </summary>
    private void ContinueBehindWhatIsKnown(LogState state, TailSegment tail)
    {
        if (_known <= state.DurableSequence)
        {
            return;
        }
        var first = state.DurableSequence + 1;
        var lost = _known - state.DurableSequence - state.Epochs.SkippedUpTo(_known) + state.Epochs.SkippedUpTo(state.DurableSequence);
        RollOrThrow(state, tail, state.NextSequence);
        state.Start(state.Segments, _known);
        _report = _report with { MissingEnd = lost > 0 ? new WalGap(first, lost, Reclaimed: false) : null };
    }

    private void RollOrThrow(LogState state, TailSegment tail, long baseSequence)
    {
        if (!state.KeepEpoch() || !tail.Roll(baseSequence, unixTimeMs: 0))
        {
            throw new StorageException(StorageFailure.Full, $"{directory.Path} has no room for a segment of {options.SegmentBytes} bytes.");
        }
    }

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

    private Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, newId());
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], newId());
        return new Guid(bytes);
    }
}
