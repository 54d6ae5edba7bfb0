using Ingest.Health;
using Ingest.Queue.Totals;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Queue;

/// <summary>
/// Keeps the log tidy beside the commit thread: makes segments ready ahead of use, gives delivered ones back, saves the totals, and
/// says when the disk or the log's share of it is full.
/// </summary>
public sealed class LogUpkeep : IAsyncDisposable
{
    /// <summary>Name of the cursor that holds the totals. Lanes' names start with a letter or digit, so it is no lane's.</summary>
    public const string TotalsCursor = "_accepted";

    /// <summary>Name under which the gate is closed for want of room for the log.</summary>
    public const string GateOwner = "log";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TotalsInterval = TimeSpan.FromSeconds(5);

    // What goes on failing is said again so often.
    private static readonly TimeSpan FailureInterval = TimeSpan.FromMinutes(1);

    // What a start after a crash reads again at most, beside what comes in during one pause: about a segment.
    private const long TotalsBytes = 64 * 1024 * 1024;

    private readonly WriteAheadLog _log;
    private readonly StreamTotals _totals;
    private readonly WalSettings _settings;
    private readonly AdmissionGate _gate;
    private readonly Func<long> _settled;
    private readonly Func<long> _keepFrom;
    private readonly Func<long> _freeBytes;
    private readonly Action _saveSoon;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TimedSignal _wake;
    private readonly Task _loop;

    // Under the lock.
    private readonly Lock _saving = new();
    private long _totalsSaved;
    private long _totalsSequence = -1;
    private long _totalsBytes;

    // Null: a save failed, after which the object takes none any more. The next one goes through a new object.
    private WalCursor? _cursor;

    // Loop only: when a segment was last recycled; when it was said that looks fail, while they do; whether there was no room for the next
    // segment, or too much in all of them.
    private long _recycled;
    private long? _failureTold;
    private bool _diskFull;
    private bool _overLimit;

    // Loop only: whether room was short at the last look, and a save was asked for then.
    private bool _saveAsked;

    // Loop only: it has looked; it was said that the file system takes no direct writes, and how often memory was wrong.
    private bool _looked;
    private bool _refusalTold;
    private long _memoryErrorsTold;

    /// <summary>Starts the loop.</summary>
    /// <param name="log">The log.</param>
    /// <param name="totals">Saved beside the log from time to time.</param>
    /// <param name="cursor">Where they are saved; owned from here on.</param>
    /// <param name="settings">Limits and retention.</param>
    /// <param name="gate">Closed while there is no room.</param>
    /// <param name="settled">The lowest position any lane has settled.</param>
    /// <param name="keepFrom">What is settled stays from here on, while there is room.</param>
    /// <param name="freeBytes">Bytes the file system has left.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what operators should know.</param>
    /// <param name="saveSoon">Asks for a save of what <paramref name="keepFrom"/> keeps the log for; does not wait for it.</param>
    public LogUpkeep(
        WriteAheadLog log,
        StreamTotals totals,
        WalCursor cursor,
        WalSettings settings,
        AdmissionGate gate,
        Func<long> settled,
        Func<long> keepFrom,
        Func<long> freeBytes,
        TimeProvider time,
        ILogger<LogUpkeep> logger,
        Action? saveSoon = null)
    {
        (_log, _totals, _cursor, _settings, _gate) = (log, totals, cursor, settings, gate);
        (_settled, _keepFrom, _freeBytes, _time, _logger) = (settled, keepFrom, freeBytes, time, logger);
        _saveSoon = saveSoon ?? (() => { });
        _totalsSaved = time.GetTimestamp();
        _wake = new TimedSignal(time);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>
    /// Commit thread: asks for a look now when the segment made ready ahead was used up, and closes the gate when the log grew over its
    /// limit. Behind that only what waits in the queue already is committed.
    /// </summary>
    public void AfterCommit()
    {
        if (UpkeepDecision.IsOverLimit(_log.BytesInUse, _settings.BytesMax, _settings.SegmentBytes, wasOver: false))
        {
            CloseOverLimit();
            _wake.Set();
        }
        else if (_log.SegmentsReady == 0)
        {
            _wake.Set();
        }
    }

    /// <summary>Ends the loop and saves the totals a last time.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _wake.Set();
        await _loop;
        SaveTotals();
        _cursor?.Dispose();
        _stop.Dispose();
        _wake.Dispose();
    }

    private void TellNews()
    {
        // The log finds out when it is opened, or with some later write.
        if (!_refusalTold && _log.DirectRefusal is { } reason)
        {
            _refusalTold = true;
            Log.NotWrittenDirect(_logger, reason);
        }
        // A line each time there are twice as many: memory that fails may do so often.
        if (_log.MemoryErrors is var errors && errors > 2 * _memoryErrorsTold)
        {
            _memoryErrorsTold = errors;
            Log.MemoryErrors(_logger, errors);
        }
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested && _log.Poison is null)
        {
            try
            {
                LookAfter();
                TellNews();
                _failureTold = null;
            }
            catch (Exception e)
            {
                // Whatever it is: without upkeep nothing delivered is given back, and the gate stays as it was.
                Tell(e);
            }
            await _wake.WaitAsync(Pause);
        }
    }

    private void Tell(Exception failure)
    {
        if (_failureTold is not { } told || _time.GetElapsedTime(told) >= FailureInterval)
        {
            Log.UpkeepFailed(_logger, Pause, Reason(failure));
            _failureTold = _time.GetTimestamp();
        }
    }

    private void LookAfter()
    {
        var refuses = _diskFull || _gate.Reasons.Any(reason => reason.Code == RefusalCode.DiskPressure);
        var isShort = refuses || UpkeepDecision.IsShort(_log.BytesInUse, _settings.BytesMax);
        var takesAll = UpkeepDecision.TakesAll(isShort, refuses, _saveAsked);
        if (isShort && !_saveAsked)
        {
            _saveSoon();
        }
        _saveAsked = isShort;
        Reclaim(takesAll);
        // Filling segments takes the disk and a processor: the first look leaves both to the rest of the start.
        var mayWait = !_looked || UpkeepDecision.MayAwaitRecycling(_log.SegmentsReady, _time.GetElapsedTime(_recycled));
        _looked = true;
        var full = !mayWait && !_log.PrepareSegments();
        if (full && !takesAll)
        {
            // What was kept for other reasons than delivery goes before an event is refused.
            Reclaim(isShort: true);
            full = !_log.PrepareSegments();
        }
        ReportDisk(full, IsOverLimit());
        if (_time.GetElapsedTime(_totalsSaved) >= TotalsInterval || _totals.BytesCounted - _totalsBytes >= TotalsBytes)
        {
            SaveTotals();
        }
    }

    private void Reclaim(bool isShort)
    {
        var settled = UpkeepDecision.Disposable(_settled(), _keepFrom(), isShort);
        var recycled = _log.Reclaim(UpkeepDecision.Limits(settled, _settings, _time.GetUtcNow())).SegmentsRecycled;
        _recycled = recycled > 0 ? _time.GetTimestamp() : _recycled;
    }

    private void ReportDisk(bool full, bool over)
    {
        if (full != _diskFull)
        {
            if (full)
            {
                Log.DiskFull(_logger, _freeBytes());
            }
            else
            {
                Log.DiskHasRoom(_logger);
            }
        }
        if (over != _overLimit)
        {
            if (over)
            {
                Log.LogOverLimit(_logger, _log.BytesInUse, _settings.BytesMax);
            }
            else
            {
                Log.LogWithinLimit(_logger, _log.BytesInUse);
            }
        }
        _diskFull = full;
        _overLimit = over;
        if (full)
        {
            _gate.Close(RefusalCode.DiskPressure, "The disk is full; intake resumes by itself when there is room.", GateOwner);
        }
        else if (over)
        {
            CloseOverLimit();
        }
        else
        {
            _gate.Open(RefusalCode.DiskPressure, GateOwner);
        }
    }

    private bool IsOverLimit() =>
        UpkeepDecision.IsOverLimit(_log.BytesInUse, _settings.BytesMax, _settings.SegmentBytes, _overLimit);

    private void CloseOverLimit() =>
        _gate.Close(RefusalCode.DiskPressure, "The backlog has reached Wal:BytesMax; intake resumes as lanes deliver.", GateOwner);

    /// <summary>Saves the totals now. Failures are logged. Any thread.</summary>
    public void SaveTotals()
    {
        lock (_saving)
        {
            _totalsSaved = _time.GetTimestamp();
            _totalsBytes = _totals.BytesCounted;
            var (sequence, encoded) = _totals.Encode();
            if (sequence == _totalsSequence || _log.Poison is not null)
            {
                return;
            }
            try
            {
                _cursor ??= _log.OpenCursor(TotalsCursor);
                _cursor.Save(sequence, encoded);
                _totalsSequence = sequence;
            }
            catch (Exception e)
            {
                _cursor?.Dispose();
                _cursor = null;
                Log.UpkeepFailed(_logger, TotalsInterval, Reason(e));
            }
        }
    }

    private static string Reason(Exception failure) =>
        failure is StorageException ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";
}
