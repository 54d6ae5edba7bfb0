using Ingest.DeadLetters.Storage;
using Ingest.Publishing;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters.Ledger;

/// <summary>
/// Reads the dead-letter log into the ledger: first what earlier runs left, then each record as it becomes durable.
/// Both take the same path, so the ledger in memory always equals the one that a restart would rebuild.
/// </summary>
/// <remarks>
/// A read error is logged and tried again. Any other exception leaves the ledger in a state that is not known: the feed
/// ends, waiters get <see cref="DeadLettersBlockedException"/>, and <see cref="Failed"/> is called so that the log is
/// opened and read anew.
/// </remarks>
internal sealed class DeadLetterFeed : IAsyncDisposable
{
    private const int RecordsPerTurn = 256;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly WriteAheadLog _log;
    private readonly DeadLetterLedger _ledger;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _directory;
    private readonly long _began;

    // The last durable position when the log was opened; the rebuild is complete once the feed has read past it.
    private readonly long _lastAtOpen;
    private readonly AsyncSignal _wake = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly IDisposable _observer;
    private readonly TaskCompletionSource _rebuilt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;

    // Completes at the end of the current turn (one ReadSome call), and is then replaced. WaitAsync awaits turn after
    // turn until its position has been read.
    private volatile TaskCompletionSource _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Exception? _failure;
    private long _readUpTo;
    private long _lost;

    internal DeadLetterFeed(WriteAheadLog log, DeadLetterLedger ledger, string directory, TimeProvider time, ILogger logger)
    {
        (_log, _ledger, _directory, _time, _logger) = (log, ledger, directory, time, logger);
        (_began, _lastAtOpen) = (time.GetTimestamp(), log.DurableSequence);
        _observer = log.ObserveDurable(_ => _wake.Set());
    }

    /// <summary>
    /// Completes when every record that was durable at opening has been read; fails when the feed fails; canceled when
    /// the feed is disposed of first. Any thread.
    /// </summary>
    internal Task Rebuilt => _rebuilt.Task;

    /// <summary>Records that could not be read. Any thread.</summary>
    internal long Lost => Interlocked.Read(ref _lost);

    /// <summary>
    /// Called by the feed after each turn, whether or not it applied a record. Set once, by the requeue pump; turns
    /// that end before that are not reported.
    /// </summary>
    internal Action? Applied { get; set; }

    /// <summary>Called once, with the reason, when the feed ends for good. Set before <see cref="Start"/>.</summary>
    internal Action<string>? Failed { get; init; }

    internal void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Completes when the ledger knows everything up to <paramref name="position"/>. Any thread.</summary>
    /// <exception cref="DeadLettersBlockedException">The feed failed.</exception>
    /// <exception cref="OperationCanceledException">Canceled, or the feed was disposed of.</exception>
    internal async Task WaitAsync(long position, CancellationToken cancel)
    {
        while (true)
        {
            var turn = _turn.Task;
            if (Interlocked.Read(ref _readUpTo) >= position)
            {
                return;
            }
            if (_failure is { } failure)
            {
                throw Blocked(failure);
            }
            await turn.WaitAsync(cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _wake.Set();
        await _loop;
        _observer.Dispose();
        _turn.TrySetCanceled();
        _rebuilt.TrySetCanceled();
        _stop.Dispose();
    }

    // Never throws: DisposeAsync awaits this task, and an exception there would disturb the shutdown.
    private async Task RunAsync()
    {
        try
        {
            using var reader = _log.OpenReader(1);
            while (!_stop.IsCancellationRequested)
            {
                await TurnAsync(reader);
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task TurnAsync(WalReader reader)
    {
        bool caughtUp;
        try
        {
            caughtUp = ReadSome(reader);
        }
        catch (StorageException e)
        {
            Log.ReadFailed(_logger, RetryPause, e.Message);
            await Task.Delay(RetryPause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        EndTurn(reader.NextSequence - 1);
        if (caughtUp)
        {
            await _wake.WaitAsync();
        }
        else
        {
            await Task.Yield();
        }
    }

    private void Fail(Exception e)
    {
        _failure = e;
        Log.FeedFailed(_logger, e);
        if (_rebuilt.TrySetException(Blocked(e)))
        {
            // Reading the exception marks it as observed, in case nothing awaits Rebuilt.
            _ = _rebuilt.Task.Exception;
        }
        _turn.TrySetResult();
        Failed?.Invoke(e.Message);
    }

    // True: nothing durable is left to read.
    private bool ReadSome(WalReader reader)
    {
        for (var i = 0; i < RecordsPerTurn; i++)
        {
            switch (reader.Read())
            {
                case WalReadStatus.Record when DeadLetterRecord.TryRead(reader.Body, out var record):
                    _ledger.Apply(record, reader.Sequence);
                    break;
                case WalReadStatus.Record:
                    Log.Unreadable(_logger, reader.Sequence);
                    Interlocked.Increment(ref _lost);
                    break;
                case WalReadStatus.Gap when reader.Gap is { Reclaimed: false, Skipped: false }:
                    Log.RecordsLost(_logger, reader.Gap.First, reader.Gap.Count);
                    Interlocked.Add(ref _lost, reader.Gap.Count);
                    break;
                case WalReadStatus.CaughtUp:
                    return true;
                default:
                    // A gap that loses nothing: the records were reclaimed because they were no longer needed, or the
                    // numbers were never assigned.
                    break;
            }
        }
        return false;
    }

    private void EndTurn(long passed)
    {
        Interlocked.Exchange(ref _readUpTo, passed);
        var ended = _turn;
        _turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ended.TrySetResult();
        if (passed >= _lastAtOpen && _rebuilt.TrySetResult())
        {
            var counts = _ledger.Counts;
            Log.Rebuilt(_logger, counts.Count, counts.Bytes, _directory, _time.GetElapsedTime(_began));
        }
        Applied?.Invoke();
    }

    private static DeadLettersBlockedException Blocked(Exception e) =>
        new($"the dead letters could not be read and are being read anew: {e.Message}");
}
