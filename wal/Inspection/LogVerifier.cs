using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Recovery;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Inspection;

/// <summary>Reads a whole log and lists what is wrong with it. One use.</summary>
internal sealed class LogVerifier(
    IWalDirectory directory,
    Action<long>? progress,
    int findingsPerSegmentMax = LogVerifier.FindingsPerSegmentMax,
    Func<string, bool>? holds = null)
{
    private const int FindingsPerSegmentMax = 1000;

    private readonly VerifyFindings _findings = new(AcknowledgedLosses.Read(directory));
    private readonly HashSet<SegmentName> _strangers = [];
    private EpochTable _epochs = EpochTable.Empty;
    private CleanMark? _clean;
    private long _known;
    private Guid? _logId;
    private bool _endIsCut;
    private int _segments;
    private long _groups;
    private long _records;
    private long _bytes;
    private long _last;
    private VerifyFinding? _missingBeginning;

    internal VerifyReport Run(CancellationToken cancellation)
    {
        // Before the segments: a running process moves its cursors, but never behind what is durable by then.
        var names = SegmentFile.Names(directory);
        Identify(names);
        var cursors = ReadCursors(_ => true);
        _clean = CleanMark.Read(directory) is { } mark && mark.IsOf(_epochs.LogId) ? mark : null;
        _known = Math.Max(_clean?.Sequence ?? 0, cursors.Select(cursor => cursor.Content.Value.Sequence).DefaultIfEmpty(0).Max());
        names = [.. SegmentFile.Names(directory).Where(name => !_strangers.Contains(name))];
        for (var i = 0; i < names.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var before = _findings.Count;
            Check(names[i], i + 1 < names.Count ? names[i + 1] : null);
            // A running process may have taken the segment away and begun to write over it while it was read.
            if (_findings.Count > before && !directory.List().Contains(names[i].ToString()))
            {
                _findings.TakeBack(before);
            }
            progress?.Invoke(_bytes);
        }
        CheckBeginning(names);
        CheckCursors(cursors);
        CheckCleanMark(names);
        _findings.CheckLosses();
        CheckStrangers();
        return new VerifyReport
        {
            Findings = _findings.All,
            Segments = _segments,
            Groups = _groups,
            Records = _records,
            Bytes = _bytes,
            MissingBeginning = _missingBeginning,
            LossIsUncounted = _endIsCut,
            Skipped = _epochs.SkippedUpTo(_last),
        };
    }

    /// <summary>Finds out which log this is, what its openings gave out, and which files are another log's: those say nothing about their
    /// neighbours.</summary>
    private void Identify(List<SegmentName> names)
    {
        var headers = new List<SegmentHeader>();
        foreach (var name in names)
        {
            using var segment = SegmentFile.TryOpen(directory, name);
            if (segment?.Header is { } header)
            {
                headers.Add(header);
            }
        }
        var table = EpochTable.Read(directory, out var damaged);
        if (damaged)
        {
            _findings.Add(
                FindingSeverity.Damage, EpochTable.FileName, 0, 0, "the table of epochs is damaged; what segments tell of it is used");
        }
        _logId = headers.GroupBy(header => header.LogId).OrderByDescending(group => group.Count())
            .ThenByDescending(group => group.Max(header => header.Name.BaseSequence)).FirstOrDefault()?.Key;
        foreach (var other in headers.Where(header => header.LogId != _logId))
        {
            _strangers.Add(other.Name);
            var whose = $"the segment belongs to another log, {other.LogId}: a start moves it to quarantine/";
            _findings.Add(FindingSeverity.Damage, other.Name, 0, 0, whose);
        }
        _epochs = table.Of(_logId ?? table.LogId, headers.Where(header => header.LogId == _logId).Select(header => header.Epoch));
    }

    /// <summary>The last number given out before a segment: behind it some may have been passed over.</summary>
    private long LastBefore(in SegmentName next) => _epochs.LastBefore(next.BaseSequence);

    /// <summary>How many of these numbers were given out.</summary>
    private long Given(long first, long last) =>
        Math.Max(0, last - first + 1 - (_epochs.SkippedUpTo(last) - _epochs.SkippedUpTo(first - 1)));

    private void Check(SegmentName name, SegmentName? next)
    {
        using var segment = SegmentFile.TryOpen(directory, name);
        if (segment is null)
        {
            return;
        }
        _segments++;
        var lastBeforeNext = next is { } following ? LastBefore(following) : (long?)null;
        if (!segment.IsLongEnough)
        {
            // The range a name claims is no loss where the log shows otherwise.
            var first = Math.Max(name.BaseSequence, _last > 0 ? _last + 1 : CursorStore.LowestHeld(directory, holds, Tag) + 1);
            var last = lastBeforeNext ?? Math.Max(name.BaseSequence - 1, _known);
            _findings.AddLoss(name, 0, segment.Bytes, first, Given(first, last), "the file is too short to be a segment");
            _endIsCut |= next is null;
            _last = Math.Max(_last, last);
            return;
        }
        CheckHeader(segment);
        using var scan = segment.Scan(Certain(segment, lastBeforeNext));
        foreach (var range in scan.Damage.Take(findingsPerSegmentMax))
        {
            var what = range.Records > 0 ? "damaged frames" : "a damaged commit frame";
            _findings.AddLoss(name, range.Offset, range.Bytes, range.FirstSequence, range.Records, what);
        }
        foreach (var range in scan.Contradictions.Take(findingsPerSegmentMax))
        {
            _findings.Add(FindingSeverity.Damage, name, range.Offset, range.Bytes, "a commit that does not fit the records before it");
        }
        CheckEnd(segment, scan, lastBeforeNext);
        // A start passed over what the cut part may have held, and sealed what was left.
        _endIsCut |= segment.IsCut && lastBeforeNext is { } before && before < next!.Value.BaseSequence - 1;
        _groups += scan.Groups;
        _records += scan.Records;
        _bytes += segment.Bytes;
        _last = Math.Max(lastBeforeNext ?? scan.Last, next is null ? _known : 0);
    }

    private ulong? Tag => _epochs.LogId == Guid.Empty ? null : CursorSlot.TagOf(_epochs.LogId);

    /// <summary>Before the next segment everything was committed; at the end of the log, what the clean mark or a cursor knows.</summary>
    private SegmentBounds Certain(SegmentFile segment, long? lastBeforeNext)
    {
        if (lastBeforeNext is { } last)
        {
            return new SegmentBounds(segment.FramesEnd, last);
        }
        return _clean is { } mark && mark.SegmentId == segment.Name.Id
            ? new SegmentBounds(mark.End, mark.Sequence)
            : new SegmentBounds(0, _known);
    }

    private void CheckHeader(SegmentFile segment)
    {
        if (segment.Header is not { } header)
        {
            _findings.Add(FindingSeverity.Damage, segment.Name, 0, SegmentHeader.BlockBytes, "the header is damaged or another segment's");
            return;
        }
        if (header.SegmentBytes != segment.Bytes)
        {
            _findings.Add(FindingSeverity.Damage, segment.Name, 0, 0, $"the file has {segment.Bytes} bytes, not {header.SegmentBytes}");
        }
    }

    private void CheckEnd(SegmentFile segment, SegmentScan scan, long? lastBeforeNext)
    {
        if (lastBeforeNext is { } last)
        {
            if (segment.Seal is null)
            {
                _findings.Add(
                    FindingSeverity.Damage, segment.Name, segment.FramesEnd, SealBody.FrameBytes, "the seal is missing or damaged");
            }
            else if (segment.Seal.Bounds.Last < last)
            {
                var first = segment.Seal.Bounds.Last + 1;
                _findings.AddLoss(segment.Name, segment.Bytes, 0, first, Given(first, last), "the next segment is missing");
            }
            else if (segment.Seal.Bounds.Last > last)
            {
                _findings.Add(
                    FindingSeverity.Damage, segment.Name, segment.FramesEnd, 0, "the next segment begins before the end of this one");
            }
        }
        else if (_known > scan.Last && Given(scan.Last + 1, _known) is > 0 and var lost)
        {
            _findings.AddLoss(
                segment.Name, scan.End, 0, scan.Last + 1, lost, $"the end is missing: a cursor or the clean mark knows of {_known}");
            _endIsCut |= segment.IsCut && _clean is null;
        }
        else if (segment.IsCut && segment.Seal is null)
        {
            _endIsCut |= _clean is null;
        }
        else if (segment.Seal is null && scan.TornEnd > scan.End)
        {
            _findings.Add(FindingSeverity.Note, segment.Name, scan.End, scan.TornEnd - scan.End,
                "an unfinished write behind the last commit: being written now, or torn by a crash and cut at the next start");
        }
    }

    private List<(string Path, CursorFile Content)> ReadCursors(Func<string, bool> wanted)
    {
        var cursors = new List<(string Path, CursorFile Content)>();
        foreach (var name in CursorStore.Names(directory).Where(wanted))
        {
            using var file = directory.Open(CursorFile.Path(name), writable: false);
            cursors.Add((CursorFile.Path(name), CursorFile.Read(file, Tag)));
        }
        return cursors;
    }

    /// <summary>Reclaim never passes a cursor that holds the log. Cursors are read anew: a running process has saved each of them before it
    /// reclaimed what these names no longer show.</summary>
    private void CheckBeginning(List<SegmentName> names)
    {
        if (names.Count == 0)
        {
            return;
        }
        var first = names[0].BaseSequence;
        var behind = ReadCursors(holds ?? (_ => false))
            .Where(cursor => cursor.Content.Slot >= 0 && cursor.Content.Value.Sequence < first - 1)
            .OrderBy(cursor => cursor.Content.Value.Sequence)
            .ToList();
        if (behind.Count > 0)
        {
            var settled = behind[0].Content.Value.Sequence;
            var message = $"what was before it is missing: {behind[0].Path} says that only events up to {settled} are settled; "
                + "no repair brings it back, and who reads on from there counts it as lost";
            _findings.AddLoss(names[0], 0, 0, settled + 1, first - 1 - settled, message);
            _missingBeginning = _findings.All[^1];
        }
    }

    private void CheckCursors(List<(string Path, CursorFile Content)> cursors)
    {
        foreach (var (path, content) in cursors)
        {
            if (content.Damaged)
            {
                _findings.Add(FindingSeverity.Damage, path, 0, 0, "neither of the two positions is valid");
            }
            else if (content.IsForeign)
            {
                _findings.Add(FindingSeverity.Damage, path, 0, 0, "its position is one in another log: a start does not believe it");
            }
            else if (content.Value.Sequence > _last)
            {
                _findings.Add(FindingSeverity.Damage, path, 0, 0,
                    $"its position {content.Value.Sequence} is behind the log's end, {_last}: it is missing, or this is an older copy");
            }
        }
    }

    private void CheckCleanMark(List<SegmentName> names)
    {
        if (!directory.List().Contains(CleanMark.FileName))
        {
            return;
        }
        if (_clean is not { } mark)
        {
            _findings.Add(FindingSeverity.Damage, CleanMark.FileName, 0, 0, "the mark is damaged");
        }
        else if (mark.Sequence > _last || names.All(name => name.Id != mark.SegmentId))
        {
            var lost = Math.Max(0, mark.Sequence - _last);
            var severity = lost > 0 ? FindingSeverity.Loss : FindingSeverity.Damage;
            var message = $"the log was closed in order at {mark.Sequence}; what is here ends at {_last}";
            _findings.Add(severity, CleanMark.FileName, 0, 0, message, lost > 0 ? _last + 1 : 0, lost);
        }
    }

    private void CheckStrangers()
    {
        foreach (var file in directory.List().Where(file => file.EndsWith(SegmentName.Extension, StringComparison.Ordinal)))
        {
            if (!SegmentName.TryParse(file, out _))
            {
                _findings.Add(FindingSeverity.Note, file, 0, 0, "not named like a segment: ignored");
            }
        }
    }
}
