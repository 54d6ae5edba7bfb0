using Ingest.DeadLetters.Publication;
using Ingest.DeadLetters.Requeue;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters;

/// <summary>
/// Opens the dead-letter log with the first letter, and closes it. When it fails (<see
/// cref="OpenDeadLetters.Failed"/>), it is closed and opened anew after a pause, as often as needed. Any thread.
/// </summary>
/// <remarks>
/// Invariants: at most one log is open; requeues run only while a log is open and the lanes are known; without an open
/// log <see cref="Failure"/> says why there is none although there should be.
/// </remarks>
/// <param name="directory">Where the log lies, absolute; for messages.</param>
/// <param name="openLog">Opens the log, or makes it.</param>
/// <param name="publication">Where letters are published to; null: nowhere.</param>
/// <param name="segmentBytes">Bytes of a segment of the dead-letter log.</param>
/// <param name="instruments">Where letters are counted.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">For what operators should know.</param>
internal sealed class DeadLetterLifetime(
    string directory,
    Func<OpenDeadLetters> openLog,
    DeadLetterPublication? publication,
    int segmentBytes,
    Instruments instruments,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan ReopenMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReopenMax = TimeSpan.FromSeconds(30);

    private readonly Lock _opening = new();
    private readonly CancellationTokenSource _closing = new();

    // Written under the lock, read by any thread.
    private volatile OpenDeadLetters? _open;
    private volatile string? _failure;
    private volatile bool _wasOpened;

    // Under the lock.
    private RequeuePump? _pump;
    private LaneSet? _lanes;
    private Task _recovery = Task.CompletedTask;
    private bool _disposed;

    /// <summary>The open log; null before the first letter, and while a failed one is not open again.</summary>
    internal OpenDeadLetters? Open => _open;

    /// <summary>Whether there was ever a log: without one there are no letters.</summary>
    internal bool WasOpened => _wasOpened;

    /// <summary>Why a log that should be open is not; null when there is no such reason.</summary>
    internal string? Failure => _failure;

    /// <summary>The lanes, once they are known.</summary>
    internal LaneSet? Lanes => _lanes;

    /// <summary>Ends waits when the store is closed.</summary>
    internal CancellationToken Closing => _closing.Token;

    /// <summary>Reads the letters that earlier runs left, and lets requeued ones go to their lanes from here on.</summary>
    internal void Start(LaneSet lanes)
    {
        lock (_opening)
        {
            _lanes = lanes;
            StartPumpNeedsLock();
        }
    }

    /// <summary>The open log; made if there is none.</summary>
    /// <exception cref="DeadLettersBlockedException">It failed and is not open again.</exception>
    internal OpenDeadLetters OpenOrCreate()
    {
        if (_open is { } open)
        {
            return open;
        }
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ThrowIfFailed();
            if (_open is null)
            {
                OpenNeedsLock();
            }
            return _open!;
        }
    }

    /// <exception cref="DeadLettersBlockedException">The log failed and is not open again.</exception>
    internal void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new DeadLettersBlockedException($"the dead-letter log failed and is being opened anew: {failure}");
        }
    }

    /// <summary>Stops what runs and closes the log. The lanes are stopped before.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_opening)
        {
            _disposed = true;
        }
        await _closing.CancelAsync();
        await _recovery;
        await CloseAsync(_open);
        _closing.Dispose();
    }

    private void OpenNeedsLock()
    {
        var open = openLog();
        try
        {
            open.Publisher = publication is null ? null : new DeadLetterPublisher(publication, open.Log.Wal, instruments, time, logger);
        }
        catch
        {
            // The feed ends by itself, and the caller has another exception to report.
            _ = open.DisposeAsync().AsTask();
            throw;
        }
        _wasOpened = true;
        _open = open;
        StartPumpNeedsLock();
        _recovery = RecoverAsync(open);
    }

    private void StartPumpNeedsLock()
    {
        if (_open is not null && _lanes is not null && !_disposed && _pump is null)
        {
            _open.Feed.Start();
            _open.Publisher?.Start();
            _pump = new RequeuePump(_open, _lanes, segmentBytes, time, logger);
        }
    }

    // Waits for a failure, then closes the log and opens it anew. Never throws.
    private async Task RecoverAsync(OpenDeadLetters failed)
    {
        await ((Task)failed.Failed).WaitAsync(_closing.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        if (_closing.IsCancellationRequested)
        {
            return;
        }
        var reason = await failed.Failed;
        lock (_opening)
        {
            (_failure, _open) = (reason, null);
        }
        Log.Failed(logger, directory, reason);
        await CloseAsync(failed);
        var pause = ReopenMin;
        while (!_closing.IsCancellationRequested)
        {
            await Task.Delay(pause, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (TryReopen())
            {
                return;
            }
            pause = pause * 2 < ReopenMax ? pause * 2 : ReopenMax;
        }
    }

    private bool TryReopen()
    {
        lock (_opening)
        {
            if (_disposed)
            {
                return true;
            }
            try
            {
                OpenNeedsLock();
                _failure = null;
                Log.Reopened(logger, directory);
                return true;
            }
            catch (Exception e)
            {
                // Whatever it is: the next try is due in a moment, and until then lanes and operators are told.
                _failure = e.Message;
                Log.NotReopened(logger, directory, e.Message);
                return false;
            }
        }
    }

    // Never throws: what goes wrong while a failed log is closed says nothing new.
    private async Task CloseAsync(OpenDeadLetters? open)
    {
        RequeuePump? pump;
        lock (_opening)
        {
            (pump, _pump) = (_pump, null);
            _open = _open == open ? null : _open;
        }
        try
        {
            if (pump is not null)
            {
                await pump.DisposeAsync();
            }
            if (open is not null)
            {
                await open.DisposeAsync();
            }
        }
        catch (Exception e)
        {
            Log.NotClosed(logger, directory, e.Message);
        }
    }
}
