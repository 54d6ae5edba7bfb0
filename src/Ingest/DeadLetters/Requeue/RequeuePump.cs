using Ingest.DeadLetters.Storage;
using Ingest.Publishing.Lanes;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters.Requeue;

/// <summary>
/// Background work of the dead letters: hands requeued letters to their lanes, tells the lanes which letters were
/// delivered or dropped, and reclaims files of the log that are no longer needed. One loop; one runner per lane, so
/// that a sink that does not respond delays no other lane.
/// </summary>
internal sealed class RequeuePump : IAsyncDisposable
{
    // Polled: lanes do not announce that they saved their position, which decides what can be sent or reclaimed.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    private readonly OpenDeadLetters _letters;
    private readonly LaneSet _lanes;
    private readonly DeadLetterUpkeep _upkeep;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AsyncSignal _wake = new();
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stop = new();
    // Ends runners that still run after StopGrace.
    private readonly CancellationTokenSource _abandon = new();
    private readonly Task _loop;

    // The fields below belong to the loop.
    private readonly Dictionary<string, Task> _runners = new(StringComparer.Ordinal);

    // By lane: position of the last settlement offered.
    private readonly Dictionary<string, long> _offered = new(StringComparer.Ordinal);

    // LaneSet.Openings when drops and settlements were last offered.
    private int _opening;

    internal RequeuePump(OpenDeadLetters letters, LaneSet lanes, int segmentBytes, TimeProvider time, ILogger logger)
    {
        (_letters, _lanes, _time, _logger) = (letters, lanes, time, logger);
        _upkeep = new DeadLetterUpkeep(letters, segmentBytes, logger);
        letters.Feed.Applied = _wake.Set;
        _timer = time.CreateTimer(static wake => ((AsyncSignal)wake!).Set(), _wake, LookInterval, LookInterval);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>
    /// Stops. At shutdown the lanes have been stopped before, so the runners end by themselves and record what was
    /// delivered; after a failure of the log the lanes still run. Runners that outlast the grace period are canceled.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _wake.Set();
        await _loop;
        await Task.WhenAll(_runners.Values).WaitAsync(StopGrace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _abandon.CancelAsync();
        await Task.WhenAll(_runners.Values);
        await _timer.DisposeAsync();
        _stop.Dispose();
        _abandon.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var again = false;
            try
            {
                again = await LookAsync();
            }
            catch (Exception e)
            {
                if (!_stop.IsCancellationRequested)
                {
                    Log.UpkeepFailed(_logger, RetryPause, e.Message);
                    await Task.Delay(RetryPause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            if (!again)
            {
                await _wake.WaitAsync();
            }
        }
    }

    private async Task<bool> LookAsync()
    {
        // Until the ledger is rebuilt, a letter missing from it may still be in the log.
        if (!_letters.Feed.Rebuilt.IsCompletedSuccessfully || _lanes.IsStopped)
        {
            return false;
        }
        OfferSettlements();
        foreach (var lane in _letters.Ledger.LanesWithRequeued())
        {
            if (!_runners.TryGetValue(lane, out var runner) || runner.IsCompleted)
            {
                _runners[lane] = new RequeueRunner(_letters, lane, _time, _logger).RunAsync(_lanes, _abandon.Token);
            }
        }
        return await _upkeep.LookAsync(_lanes, _stop.Token);
    }

    // Offers each settlement once per opening of the lanes. Lanes that reopen after a canceled drain have reloaded
    // their accounts from disk, which may lack earlier offers, and those of a lane whose position an operator sets
    // begin anew. Drops are offered only then: later ones are reported by DeadLetterOperations.
    private void OfferSettlements()
    {
        if (_lanes.Openings is var opening && opening != _opening)
        {
            _opening = opening;
            _offered.Clear();
            foreach (var (lane, sequences) in _letters.Ledger.Drops())
            {
                _lanes.NoteDropped(lane, sequences);
            }
        }
        foreach (var (lane, settlement) in _letters.Ledger.Settlements())
        {
            if (settlement.Position > _offered.GetValueOrDefault(lane))
            {
                _lanes.SettleRequeues(lane, settlement);
                _offered[lane] = settlement.Position;
            }
        }
    }
}
