using Ingest.DeadLetters.Storage;
using Ingest.Publishing.Lanes;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters.Requeue;

/// <summary>
/// What goes on beside the dead letters: requeued ones are handed to their lanes, lanes are told what was delivered, files are given back.
/// One loop; one runner per lane, so that a dead sink holds up no other lane.
/// </summary>
internal sealed class RequeuePump : IAsyncDisposable
{
    // Positions of cursors become durable without anybody saying so.
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
    private readonly CancellationTokenSource _abandon = new();
    private readonly Task _loop;

    // Loop only.
    private readonly Dictionary<string, Task> _runners = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _offered = new(StringComparer.Ordinal);
    private int _opening;

    internal RequeuePump(OpenDeadLetters letters, LaneSet lanes, int segmentBytes, TimeProvider time, ILogger logger)
    {
        (_letters, _lanes, _time, _logger) = (letters, lanes, time, logger);
        _upkeep = new DeadLetterUpkeep(letters, segmentBytes, logger);
        letters.Feed.Applied = _wake.Set;
        _timer = time.CreateTimer(static wake => ((AsyncSignal)wake!).Set(), _wake, LookInterval, LookInterval);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Stops. The lanes are stopped before, so runners end by themselves and note what was delivered.</summary>
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
        // Before everything is known, nothing can be said of what is not.
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

    // Each at each opening of the lanes once: lanes opened after a drain was taken back have read their accounts from the disk.
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
