using Ingest.Hosting.Lifecycle.Marks;
using Ingest.Intake.Idempotency;
using Ingest.Wal;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Saves what tells repeats from time to time, so that the log may give their events back as it does all others: the next start reads the
/// file, and the log behind it (<see cref="IdempotencyReplay"/>).
/// </summary>
internal sealed class IdempotencyKeeping : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(5);

    // What the log keeps for it, beside what comes in during one pause: about a segment.
    private const long SaveBytes = 64 * 1024 * 1024;

    // Of what was written to the log, saves write a sixteenth more at most, however many requests are remembered.
    private const long SaveShare = 16;

    /// <summary>Saves come once this share of <c>Wal:BytesMax</c>, a quarter, lies behind the file: before room is short.</summary>
    internal const long LogShare = 4;

    private readonly WriteAheadLog _log;
    private readonly IdempotencyReplay _replay;
    private readonly IdempotencyFile _file;
    private readonly IdempotencyWindow _window;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _saveBytes;
    private readonly long _saveBytesMax;
    private readonly TimedSignal _wake;
    private Task _loop = Task.CompletedTask;

    // The loop's, and then the stop's.
    private readonly MarksSaving _saving;
    private long? _failed;

    internal IdempotencyKeeping(
        WriteAheadLog log,
        IdempotencyReplay replay,
        IdempotencyFile file,
        IdempotencyWindow window,
        TimeProvider time,
        ILogger<IdempotencyKeeping> logger,
        long logBytesMax = long.MaxValue,
        long saveBytes = SaveBytes)
    {
        (_log, _replay, _file, _window, _time, _logger) = (log, replay, file, window, time, logger);
        (_saveBytes, _saveBytesMax) = (saveBytes, logBytesMax / LogShare);
        _wake = new TimedSignal(time);
        _saving = new MarksSaving(log, window.Unsaved, file.Move, through => file.Save(window, time, through));
    }

    /// <summary>From here on the log is kept for telling repeats; <see cref="long.MaxValue"/>: nothing is. Any thread.</summary>
    internal long KeepFrom =>
        _window.IsRecovering ? _replay.ReadFrom
        : _window.Unsaved.IsAny ? Math.Max(_window.KeepFrom, _file.Through + 1)
        : long.MaxValue;

    /// <summary>Saves from time to time from here on.</summary>
    internal void Start()
    {
        if (_window.IsOn)
        {
            _loop = Task.Run(RunAsync);
        }
    }

    /// <summary>Asks for a save soon: room for the log is short. Any thread; waits for nothing.</summary>
    internal void SaveSoon()
    {
        _saving.Ask();
        _wake.Set();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _wake.Set();
        await _loop;
        if (_window.IsOn && !_window.IsRecovering)
        {
            TrySave();
        }
        _stop.Dispose();
        _wake.Dispose();
    }

    private async Task RunAsync()
    {
        // A stop does not wait for what is being read: it ends after this.
        await _replay.Ended.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_stop.IsCancellationRequested)
        {
            Look();
            await _wake.WaitAsync(Pause);
        }
    }

    /// <summary>One turn of the loop: begins a save when one is due, and ends one that was begun.</summary>
    internal void Look()
    {
        if (!_window.IsRecovering && (_saving.IsBegun || IsDue()))
        {
            TrySave();
        }
    }

    private bool IsDue() =>
        (_failed is not { } failed || _time.GetElapsedTime(failed) >= RetryPause)
        && (_saving.IsAsked || _file.IsLost || _log.BytesBehind(_file.Through) >= DueBytes);

    private long DueBytes =>
        Math.Min(_saveBytesMax, Math.Max(_saveBytes, SaveShare * IdempotencyTable.RequestBytes * _window.Count));

    private void TrySave()
    {
        try
        {
            if (_saving.Step() == MarksStep.Saved)
            {
                _failed = null;
            }
        }
        catch (Exception e)
        {
            // Another look tries again.
            _saving.Fail();
            _failed = _time.GetTimestamp();
            Log.RepeatsNotSaved(_logger, RetryPause, e.Message);
        }
    }
}
