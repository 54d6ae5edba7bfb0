using System.Buffers.Binary;
using Ingest.Wal.Format;
using Ingest.Wal.Inspection;
using Ingest.Wal.Reading;
using Ingest.Wal.Recovery;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Repair;

/// <summary>
/// Makes a damaged log open and verify clean, without losing a record that can be read: README.md, "Repair". Offline: the caller holds
/// the directory's lock.
/// </summary>
public static class LogRepair
{
    /// <summary>What <see cref="Apply"/> would do. Changes nothing: the repair runs on a view whose changes are kept in memory.</summary>
    /// <param name="directory">The log, opened with its lock. Stays the caller's.</param>
    /// <param name="holds">Which cursors hold the log: see <see cref="LogInspector.Verify"/>.</param>
    /// <param name="cancellation">Stops between segments of a verification.</param>
    /// <exception cref="StorageException">Something cannot be read.</exception>
    public static RepairReport Plan(
        IWalDirectory directory, Func<string, bool>? holds = null, CancellationToken cancellation = default)
    {
        using var preview = new PreviewDirectory(directory);
        return Run(preview, holds, cancellation) with { Applied = false };
    }

    /// <summary>Repairs. May be interrupted anywhere and run again.</summary>
    /// <param name="directory">The log, opened with its lock. Stays the caller's.</param>
    /// <param name="holds">Which cursors hold the log: see <see cref="LogInspector.Verify"/>.</param>
    /// <param name="cancellation">Stops between segments of a verification.</param>
    /// <exception cref="StorageException">Something cannot be read or written; what was done so far is sound by itself.</exception>
    public static RepairReport Apply(
        IWalDirectory directory, Func<string, bool>? holds = null, CancellationToken cancellation = default) =>
        Run(directory, holds, cancellation);

    private static RepairReport Run(IWalDirectory directory, Func<string, bool>? holds, CancellationToken cancellation)
    {
        var before = LogInspector.Verify(directory, holds: holds, cancellation: cancellation);
        if (before.Findings.All(finding => finding.Severity == FindingSeverity.Note || finding == before.MissingBeginning))
        {
            return new RepairReport { Applied = true, Steps = [], Before = before, After = before };
        }
        var notes = new RepairNotes(directory);
        MendSegments(directory, holds, notes);
        Recover(directory, notes);
        SetDownLosses(directory, notes, cancellation);
        var after = LogInspector.Verify(directory, holds: holds, cancellation: cancellation);
        return new RepairReport { Applied = true, Steps = notes.Steps, Before = before, After = after };
    }

    private static void MendSegments(IWalDirectory directory, Func<string, bool>? holds, RepairNotes notes)
    {
        var strangers = new Quarantine(directory);
        // First of all: what is no segment of this log says nothing about where its neighbours end.
        var catalog = new SegmentCatalog(directory, strangers, holds);
        catalog.Read(directory.List(), out var logId);
        NoteAside(notes, strangers.Found);
        var names = SegmentFile.Names(directory);
        var table = EpochTable.Read(directory, out _);
        var identity = logId ?? (table.LogId != Guid.Empty ? table.LogId : NewLogId());
        var epochs = table.Of(identity, catalog.Epochs);
        var clean = CleanMark.Read(directory) is { } ours && ours.IsOf(identity) ? ours : (CleanMark?)null;
        var known = Math.Max(clean?.Sequence ?? 0, CursorStore.Highest(directory, CursorSlot.TagOf(identity)));
        for (var i = 0; i < names.Count; i++)
        {
            var isLast = i + 1 == names.Count;
            var certain = clean is { } mark && mark.SegmentId == names[i].Id
                ? new SegmentBounds(mark.End, mark.Sequence)
                : new SegmentBounds(0, known);
            new SegmentRepair(directory, names[i], isLast ? null : epochs.LastBefore(names[i + 1].BaseSequence), certain, epochs,
                notes).Run();
        }
    }

    /// <summary>What each start does, done now: the tail cut, numbers skipped; and damaged cursors set.</summary>
    private static void Recover(IWalDirectory directory, RepairNotes notes)
    {
        if (directory.List().Contains(CleanMark.FileName) && CleanMark.Read(directory) is null)
        {
            using var mark = directory.Open(CleanMark.FileName, writable: false);
            notes.CopyAside(CleanMark.FileName, mark, new DamagedRange(0, mark.Length, 0, 0));
        }
        var tail = SegmentFile.Names(directory).LastOrDefault();
        var copied = notes.Steps.Select(step => step.Copy).ToHashSet();
        var recovered = new LogRecovery(directory, Options(directory), WriteAheadLog.RandomId).Run();
        try
        {
            NoteAside(notes, recovered.Report.Quarantined.Where(range => !copied.Contains(range.Copy)));
            if (recovered.Report.TornBytes > 0)
            {
                notes.Add(RepairAction.CutTail, tail.ToString(), bytes: recovered.Report.TornBytes);
            }
            if (recovered.Report.MissingEnd is { } missing)
            {
                notes.Add(RepairAction.SkipNumbers, tail.ToString(), first: missing.First, records: missing.Count);
            }
            ResetCursors(directory, notes, recovered.State.Segments[0].BaseSequence - 1, CursorSlot.TagOf(recovered.State.Id));
            RestoreEpochs(directory, notes, recovered.State);
            recovered.Tail.MarkClean(recovered.State.NextSequence);
        }
        finally
        {
            recovered.Tail.Dispose();
            recovered.Spares.Dispose();
        }
    }

    private static void RestoreEpochs(IWalDirectory directory, RepairNotes notes, LogState state)
    {
        EpochTable.Read(directory, out var damaged);
        if (!damaged)
        {
            return;
        }
        using (var file = directory.Open(EpochTable.FileName, writable: false))
        {
            notes.CopyAside(EpochTable.FileName, file, new DamagedRange(0, file.Length, 0, 0));
        }
        if (!state.KeepEpoch())
        {
            throw new StorageException(StorageFailure.Full, $"{directory.Path} has no room for {EpochTable.FileName}.");
        }
        notes.Add(RepairAction.RewriteEpochs, EpochTable.FileName);
    }

    private static void NoteAside(RepairNotes notes, IEnumerable<QuarantinedRange> found)
    {
        foreach (var aside in found)
        {
            var action = aside.IsWholeFile ? RepairAction.MoveAside : RepairAction.CopyAside;
            notes.Add(action, aside.Segment, aside.Offset, aside.Bytes, aside.FirstSequence, aside.Records, aside.Copy);
        }
    }

    /// <summary>Segments of the length the log has, should recovery need one; and every spare of that length is kept.</summary>
    private static WalOptions Options(IWalDirectory directory)
    {
        var options = new WalOptions { SegmentsKept = WalOptions.SegmentsAheadMax };
        foreach (var name in Enumerable.Reverse(SegmentFile.Names(directory)))
        {
            using var segment = SegmentFile.TryOpen(directory, name);
            if (segment?.Header is { SegmentBytes: >= WalOptions.SegmentBytesMin and <= WalOptions.SegmentBytesMax } header)
            {
                return options with { SegmentBytes = header.SegmentBytes, GroupBytesMax = header.SegmentBytes / 2 };
            }
        }
        return options;
    }

    /// <summary>A cursor that says nothing would be taken for a new one, or for none. It is set so that nothing is missed.</summary>
    private static void ResetCursors(IWalDirectory directory, RepairNotes notes, long settled, ulong log)
    {
        foreach (var name in CursorStore.Names(directory))
        {
            var path = CursorFile.Path(name);
            using var damaged = directory.Open(path, writable: false);
            if (CursorFile.Read(damaged, log) is { Damaged: false, IsForeign: false })
            {
                continue;
            }
            notes.CopyAside(path, damaged, new DamagedRange(0, damaged.Length, 0, 0));
            var bytes = new byte[CursorSlot.FileBytes];
            new CursorSlot(1, settled, 0, log).Write(bytes);
            AtomicFile.Write(directory, path, bytes);
            notes.Add(RepairAction.ResetCursor, path, first: settled + 1);
        }
    }

    private static void SetDownLosses(IWalDirectory directory, RepairNotes notes, CancellationToken cancellation)
    {
        var known = AcknowledgedLosses.Read(directory);
        var lost = new LogVerifier(directory, progress: null, findingsPerSegmentMax: int.MaxValue).Run(cancellation)
            .Findings.Where(finding => finding.Severity == FindingSeverity.Loss).ToList();
        if (lost.Count == 0 && !known.Damaged)
        {
            return;
        }
        var from = SegmentFile.Names(directory)[0].BaseSequence;
        known.With(lost.Select(finding => (finding.FirstSequence, finding.FirstSequence + finding.Records - 1)), from).Write(directory);
        foreach (var finding in lost)
        {
            notes.Add(RepairAction.SetDownLoss, finding.File, finding.Offset, finding.Bytes, finding.FirstSequence, finding.Records);
        }
    }

    private static Guid NewLogId()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, WriteAheadLog.RandomId());
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], WriteAheadLog.RandomId());
        return new Guid(bytes);
    }
}
