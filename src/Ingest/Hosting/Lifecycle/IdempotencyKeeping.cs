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

    private readonly WriteAheadLog _log;
    private readonly IdempotencyReplay _replay;
    private readonly IdempotencyFile _file;
    private readonly IdempotencyWindow _window;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _saveBytes;
    private readonly TimedSignal _wake;
    private Task _loop = Task.CompletedTask;

    // Whether a save is under way, or failed: the log has marks that no file has, beside those that came since it began.
    private volatile bool _isUnsaved;

    // The loop's, and then the stop's.
    private long? _begun;
    private long? _failed;

    internal IdempotencyKeeping(
        WriteAheadLog log,
        IdempotencyReplay replay,
        IdempotencyFile file,
        IdempotencyWindow window,
        TimeProvider time,
        ILogger<IdempotencyKeeping> logger,
        long saveBytes = SaveBytes)
    {
        (_log, _replay, _file, _window, _time, _logger) = (log, replay, file, window, time, logger);
        _saveBytes = saveBytes;
        _wake = new TimedSignal(time);
    }

    /// <summary>From here on the log is kept for telling repeats; <see cref="long.MaxValue"/>: nothing is. Any thread.</summary>
    internal long KeepFrom =>
        _window.IsRecovering ? _replay.ReadFrom
        : _isUnsaved || _window.Unsaved.IsChanged ? Math.Max(_window.KeepFrom, _file.Through + 1)
        : long.MaxValue;

    /// <summary>Saves from time to time from here on.</summary>
    internal void Start()
    {
        if (_window.IsOn)
        {
            _loop = Task.Run(RunAsync);
        }
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
        await _replay.Ended;
        while (!_stop.IsCancellationRequested)
        {
            Look();
            await _wake.WaitAsync(Pause);
        }
    }

    /// <summary>One turn of the loop: begins a save when one is due, and ends one that was begun.</summary>
    internal void Look()
    {
        if (!_window.IsRecovering && (_begun is not null || IsDue()))
        {
            TrySave();
        }
    }

    private bool IsDue() =>
        (_failed is not { } failed || _time.GetElapsedTime(failed) >= RetryPause)
        && _log.BytesBehind(_file.Through) >= Math.Max(_saveBytes, SaveShare * IdempotencyTable.RequestBytes * _window.Count);

    private void TrySave()
    {
        try
        {
            Save();
        }
        catch (Exception e)
        {
            // What was saved before still holds, and the log is kept from there: another look tries again.
            _window.Unsaved.Note();
            (_begun, _failed) = (null, _time.GetTimestamp());
            Log.RepeatsNotSaved(_logger, RetryPause, e.Message);
        }
    }

    private void Save()
    {
        if (_log.Poison is not null)
        {
            return;
        }
        if (_begun is null)
        {
            // Read before it is asked whether anything came: what is durable by then was claimed before.
            var durable = _log.DurableSequence;
            if (!_isUnsaved && !_window.Unsaved.IsChanged)
            {
                _file.Move(durable);
                return;
            }
            _isUnsaved = true;
            _window.Unsaved.BeginSave();
            _begun = durable;
        }
        if (_window.Unsaved.IsSettled)
        {
            _file.Save(_window, _time, _begun.Value);
            (_begun, _failed) = (null, null);
            _isUnsaved = false;
        }
    }
}
