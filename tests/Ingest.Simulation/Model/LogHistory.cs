using Ingest.Simulation.Disk;
using Ingest.Wal;
using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Retention;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

namespace Ingest.Simulation.Model;

/// <summary>Runs a history on the real log over a simulated disk and compares every answer with the reference model.</summary>
public sealed class LogHistory
{
    /// <summary>Most changes of the disk a log may need, after the last fault, to be well again.</summary>
    public const int ChangesToRecoverMax = 100;

    private const int Readers = 2;
    private const int Cursors = 2;

    private readonly SimulatedDisk _disk;
    private readonly Func<IWalDirectory, IWalDirectory> _decorate;
    private readonly Random _ids;
    private readonly ReferenceLog _model = new();
    private readonly HistoryCoverage _coverage;
    private readonly WalReader?[] _readers = new WalReader?[Readers];
    private readonly WalCursor?[] _cursors = new WalCursor?[Cursors];
    private WriteAheadLog _log = null!;

    /// <summary>Segments so small that a few appends roll.</summary>
    private WalOptions _options = new() { SegmentBytes = WalOptions.SegmentBytesMin, GroupBytesMax = 8 * 1024, SegmentsAhead = 1 };
    private (CrashStyle Style, int Seed)? _powerCut;
    private bool _markedClean;
    private int _firedBefore;
    private int _payloads;

    // Steps taken, and after how many of them memory is short each time.
    private readonly int _trimmedEvery;
    private int _steps;

    /// <summary>A history on a new disk.</summary>
    /// <param name="seed">Of the disk and of the segments' identities.</param>
    /// <param name="decorate">Wraps the directory, to break it on purpose.</param>
    /// <param name="coverage">Counts what happens.</param>
    public LogHistory(int seed, Func<IWalDirectory, IWalDirectory>? decorate = null, HistoryCoverage? coverage = null)
    {
        _coverage = coverage ?? new HistoryCoverage();
        _disk = new SimulatedDisk(seed) { DirectWritesLeft = DirectWriting.LeftOf(seed) };
        _ids = new Random(seed);
        _decorate = decorate ?? (directory => directory);
        _options = _options with
        {
            TailBytes = TailSizes.Of(seed),
            TailCompared = true,
            DirectWrites = DirectWriting.IsAsked(seed),
        };
        _trimmedEvery = seed % 3 == 0 ? 5 : int.MaxValue;
        Reopen();
    }

    /// <summary>Crashes, power cuts and failed operations so far.</summary>
    public int Faults { get; private set; }

    /// <summary>Records that were acknowledged.</summary>
    public long Acknowledged => _model.Acknowledged;

    /// <summary>Told of every step, every operation of the disk and what it writes, and of what is on the disk at the end.</summary>
    public Action<string>? Trace
    {
        get => _disk.Faults.Trace;
        init => _disk.Faults.Trace = value;
    }

    /// <summary>
    /// Changes of the disk from the end of the last fault until the log was open, had acknowledged an event and given everything back: how
    /// long a log that was hurt takes at most, in the one unit of time the disk knows.
    /// </summary>
    public int ChangesToRecover { get; private set; }

    /// <summary>Runs the steps, then a crash that loses all that is unflushed, and reads everything. After it nothing fails any more: the
    /// log has to take and give back events within a bounded number of changes of the disk.</summary>
    public void Run(IEnumerable<WalAction> actions)
    {
        foreach (var action in actions)
        {
            Step(action);
        }
        Step(new WalAction.Crash(CrashStyle.AllLost, 0));
        Step(new WalAction.Verify());
        Recover();
    }

    private void Recover()
    {
        // What the history may have left: a poisoned log, a full disk, faults that are still to come.
        _disk.Faults.Clear();
        (_disk.Capacity, _powerCut) = (long.MaxValue, null);
        var before = _disk.Faults.Changes;
        Step(new WalAction.Crash(CrashStyle.ProcessKilled, 0));
        var acknowledged = _model.Acknowledged;
        Step(new WalAction.Append(1));
        Step(new WalAction.Commit(0));
        Require(_model.Acknowledged > acknowledged, "A log on a sound disk does not acknowledge an event.");
        Step(new WalAction.Verify());
        ChangesToRecover = _disk.Faults.Changes - before;
        Require(ChangesToRecover <= ChangesToRecoverMax, $"The log took {ChangesToRecover} changes of the disk to be well again.");
        foreach (var file in Trace is null ? [] : _disk.Files)
        {
            Trace?.Invoke($"{file} {Crc32C.Compute(_disk.ReadAll(file)):x8}");
        }
    }

    private void Step(WalAction action)
    {
        Trace?.Invoke(action.ToString());
        try
        {
            Do(action);
        }
        catch (PowerCutException) when (_powerCut is not null)
        {
            Crash(_powerCut.Value.Style, _powerCut.Value.Seed);
        }
        if (_disk.Violations.Count > 0)
        {
            throw new ModelException(_disk.Violations[0]);
        }
        if (++_steps % _trimmedEvery == 0)
        {
            _log.TrimTail();
        }
        _log.AssertInvariants();
    }

    private void Do(WalAction action)
    {
        switch (action)
        {
            case WalAction.Append append:
                Append(append.RecordBytes);
                break;
            case WalAction.Commit commit:
                Commit(commit.UnixMs);
                break;
            case WalAction.Prepare:
                TolerateFailure(() => _log.PrepareSegments());
                break;
            case WalAction.Reclaim reclaim:
                Reclaim(reclaim);
                break;
            case WalAction.OpenReader open:
                _readers[open.Reader]?.Dispose();
                _readers[open.Reader] = _log.OpenReader(Percent(open.FromPercent) + 1);
                break;
            case WalAction.Read read:
                Read(read.Reader, read.Records);
                break;
            case WalAction.SaveCursor save:
                SaveCursor(save);
                break;
            case WalAction.Fail fail:
                _disk.Faults.FailNext(fail.Operation, fail.Failure, fail.After);
                break;
            case WalAction.Capacity capacity:
                _disk.Capacity = capacity.FreeBytes < 0 ? long.MaxValue : _disk.UsedBytes + capacity.FreeBytes;
                break;
            case WalAction.Configure configure:
                _options = _options with { SegmentBytes = configure.SegmentBytes, SegmentsAhead = configure.SegmentsAhead };
                break;
            case WalAction.CloseAndReopen close:
                Close(close.MarkClean);
                break;
            case WalAction.Crash crash:
                Crash(crash.Style, crash.Seed, crash.AgainAfter);
                break;
            case WalAction.CutPower cut:
                _powerCut = (cut.Style, cut.Seed);
                _disk.Faults.CutPowerAfter(cut.AfterChanges);
                break;
            case WalAction.Verify:
                Verify();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(action));
        }
    }

    private void Append(int[] recordBytes)
    {
        using var batch = RecordBatch.Rent();
        var records = recordBytes.Select(bytes => new Payload(_payloads++, bytes)).ToList();
        foreach (var record in records)
        {
            batch.BeginRecord();
            record.Fill(batch.GetSpan(record.Bytes)[..record.Bytes]);
            batch.Advance(record.Bytes);
            batch.EndRecord();
        }
        if (batch.Bytes > _log.BatchBytesMax)
        {
            return;
        }
        long first;
        if (!_log.TryAdd(batch, out first))
        {
            Require(_model.Grouped > 0, "An empty group refused a batch that fits a segment.");
            Commit(0);
            Require(_log.TryAdd(batch, out first), "The group was just committed and refuses a batch that fits a segment.");
        }
        var next = _model.Next + _model.Grouped;
        Require(first == next, $"The batch was numbered from {first}, not from {next}.");
        _model.Add(records);
    }

    private void Commit(long unixMs)
    {
        var poisoned = _log.Poison is not null;
        var before = _model.Durable;
        CommitOutcome outcome;
        try
        {
            outcome = _log.Commit(unixMs);
        }
        catch (PowerCutException)
        {
            _model.Unknown();
            _coverage.Count("power cut in a commit");
            throw;
        }
        _coverage.Count($"commit: {outcome}");
        Require(!poisoned || outcome == CommitOutcome.Poisoned, $"A poisoned log answered {outcome}.");
        switch (outcome)
        {
            case CommitOutcome.Committed:
                _model.Committed();
                break;
            case CommitOutcome.DiskFull:
                Require(_disk.Capacity != long.MaxValue || _model.Durable == before, "Full without a reason.");
                _model.Dropped();
                break;
            default:
                Require(_log.Poison is not null, "Poisoned without a reason.");
                if (poisoned)
                {
                    _model.Dropped();
                }
                else
                {
                    _model.Unknown();
                }
                break;
        }
        Require(_log.DurableSequence == _model.Durable, $"The durable sequence is {_log.DurableSequence}, not {_model.Durable}.");
    }

    private void Reclaim(WalAction.Reclaim reclaim)
    {
        var settled = Percent(reclaim.SettledPercent);
        _model.Settled = Math.Max(_model.Settled, settled);
        TolerateFailure(() =>
        {
            var result = _log.Reclaim(new ReclaimLimits(settled, long.MaxValue, (long)reclaim.KeepSegments * _options.SegmentBytes));
            _coverage.Count("segment deleted", result.SegmentsDeleted);
            _coverage.Count("segment recycled", result.SegmentsRecycled);
        });
        RequireUnsettledRecords();
    }

    private void Read(int index, int records)
    {
        var reader = _readers[index] ??= _log.OpenReader(1);
        for (var i = 0; i < records && ReadOne(reader); i++)
        {
        }
    }

    /// <summary>Reads once, and again for as long as the disk cannot read: then the same record must come. False at the end.</summary>
    private bool ReadOne(WalReader reader)
    {
        var expected = reader.NextSequence;
        while (true)
        {
            try
            {
                return Check(reader, expected, reader.Read());
            }
            catch (StorageException)
            {
                _coverage.Count("read failed and was repeated");
                Require(reader.NextSequence == expected, "A reader moved on over a record that could not be read.");
            }
        }
    }

    /// <summary>False at the end.</summary>
    private bool Check(WalReader reader, long expected, WalReadStatus status)
    {
        switch (status)
        {
            case WalReadStatus.CaughtUp:
                Require(expected > _model.Durable, $"A reader at {expected} sees nothing, of {_model.Durable} durable records.");
                return false;
            case WalReadStatus.Gap:
                var behind = reader.Gap.First + reader.Gap.Count;
                if (reader.Gap.Skipped)
                {
                    _coverage.Count("reader told of numbers passed over");
                    Require(reader.Gap.First == expected, $"Numbers passed over begin elsewhere than at {expected}: {reader.Gap}.");
                    Require(!_model.HasAny(expected, behind - 1), $"Records are said never to have been: {reader.Gap}.");
                    return true;
                }
                _coverage.Count("reader told of reclaimed records");
                Require(reader.Gap.Reclaimed, $"Records are reported as damaged: {reader.Gap}.");
                Require(reader.Gap.First == expected && behind <= _model.Settled + 1, $"Unsettled records are gone: {reader.Gap}.");
                return true;
            default:
                Require(reader.Sequence == expected, $"Record {reader.Sequence} came where {expected} was due.");
                Require(expected <= _model.Durable, $"A reader saw record {expected}, of {_model.Durable} durable ones.");
                Require(_model[expected]?.Is(reader.Body) == true, $"Record {expected} came back with other bytes.");
                return true;
        }
    }

    private void SaveCursor(WalAction.SaveCursor save)
    {
        var sequence = Percent(save.Percent);
        var annotation = new byte[save.AnnotationBytes];
        annotation.AsSpan().Fill((byte)sequence);
        var known = _model.Cursor(save.Cursor);
        var opened = false;
        try
        {
            var cursor = _cursors[save.Cursor] ??= _log.OpenCursor($"cursor{save.Cursor}");
            opened = true;
            cursor.Save(sequence, annotation);
            known.Saved(sequence, annotation.Length);
        }
        catch (Exception e) when (e is StorageException or PowerCutException)
        {
            if (opened)
            {
                known.Unknown(sequence, annotation.Length);
            }
            if (e is PowerCutException)
            {
                _coverage.Count("power cut in a save");
                throw;
            }
            _coverage.Count("save failed");
        }
    }

    private void Close(bool markClean)
    {
        if (_model.Grouped > 0)
        {
            Commit(0);
        }
        if (markClean && _log.Poison is null)
        {
            TolerateFailure(() =>
            {
                _log.MarkClean();
                _markedClean = true;
            });
        }
        DisposeAll();
        Reopen();
    }

    private void Crash(CrashStyle style, int seed, int againAfter = -1)
    {
        Faults += 1 + _disk.Faults.Fired - _firedBefore;
        _firedBefore = _disk.Faults.Fired;
        _disk.Crash(style, seed);
        if (againAfter >= 0)
        {
            _powerCut = (style, seed + 1);
            _disk.Faults.CutPowerAfter(againAfter);
        }
        CountReads();
        Forget();
        Reopen();
    }

    private void Reopen()
    {
        var wasClean = _markedClean;
        var fired = _disk.Faults.Fired;
        _markedClean = false;
        while (true)
        {
            try
            {
                _log = WriteAheadLog.Open(_decorate(_disk.Mount()), _options, NextId);
                break;
            }
            catch (PowerCutException) when (_powerCut is not null)
            {
                _coverage.Count("power cut in a recovery");
                _disk.Crash(_powerCut.Value.Style, _powerCut.Value.Seed);
                wasClean = false;
            }
            catch (StorageException)
            {
                _coverage.Count("start failed");
                // A disk that fails while the log is opened: what an operator would do is mend it and start again.
                _disk.Faults.Clear();
                _disk.Capacity = long.MaxValue;
                _disk.Crash(CrashStyle.ProcessKilled, 0);
                wasClean = false;
            }
        }
        _powerCut = null;
        _disk.Faults.Clear();
        var before = _model.Acknowledged;
        _model.Recovered(_log.DurableSequence, _log.NextSequence);
        _coverage.Count("unacknowledged group survived", _model.Acknowledged > before ? 1 : 0);
        _coverage.Count("numbers passed over", _log.Recovery.SkippedNumbers > 0 ? 1 : 0);
        _coverage.Count("torn group cut", _log.Recovery.TornBytes > 0 ? 1 : 0);
        _coverage.Count("torn group with its commit", _log.Recovery.Quarantined.Count);
        _coverage.Count("clean shutdown", wasClean ? 1 : 0);
        var harm = _log.Recovery.Quarantined.Where(range => range.Records > 0 || range.Offset == 0).ToList();
        Require(harm.Count == 0, $"Damage was reported where there is none: {string.Join(", ", harm)}.");
        // A mark that the disk could not read is as good as none.
        wasClean &= _disk.Faults.Fired == fired;
        Require(!wasClean || _log.Recovery.CleanShutdown, "A clean shutdown was not recognized.");
        RequireUnsettledRecords();
        foreach (var (name, sequence) in _log.ListCursors())
        {
            var index = name[^1] - '0';
            var cursor = _cursors[index] = _log.OpenCursor(name);
            Require(cursor.Sequence == sequence, $"Cursor {name} is listed at {sequence} and opens at {cursor.Sequence}.");
            _model.Cursor(index).Recovered(name, sequence, cursor.Annotation.Span);
        }
        for (var i = 0; i < Cursors; i++)
        {
            if (_cursors[i] is null)
            {
                _model.Cursor(i).Recovered($"cursor{i}", 0, []);
            }
        }
    }

    private void Verify()
    {
        using var reader = _log.OpenReader(1);
        Require(reader.NextSequence == _log.FirstSequence, "A reader of everything does not begin with the oldest record.");
        while (ReadOne(reader))
        {
        }
        Require(_log.Quarantined.All(range => range.Records == 0), "Readers found damage where there is none.");
    }

    private void DisposeAll()
    {
        foreach (var reader in _readers)
        {
            reader?.Dispose();
        }
        foreach (var cursor in _cursors)
        {
            cursor?.Dispose();
        }
        CountReads();
        _log.Dispose();
        Forget();
    }

    private void CountReads()
    {
        _coverage.Count("record read from memory", (int)_log.ReadFromMemory);
        _coverage.Count("record read from the disk", (int)_log.ReadFromDisk);
        _coverage.Count("direct writes, where they were taken", _log.WritesDirect ? _disk.DirectWrites : 0);
        _coverage.Count("direct writes refused", _log.DirectRefusal is null ? 0 : 1);
    }

    private void Forget()
    {
        Array.Clear(_readers);
        Array.Clear(_cursors);
    }

    private void RequireUnsettledRecords() =>
        Require(_log.FirstSequence <= _model.Settled + 1, $"The log begins at {_log.FirstSequence}; settled was {_model.Settled}.");

    private long Percent(int percent) => _model.Durable * percent / 100;

    private ulong NextId() => (ulong)_ids.NextInt64();

    private static void TolerateFailure(Action action)
    {
        try
        {
            action();
        }
        catch (StorageException)
        {
            // An injected fault; what it may have harmed is checked by the rest of the history.
        }
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ModelException(message);
        }
    }
}
