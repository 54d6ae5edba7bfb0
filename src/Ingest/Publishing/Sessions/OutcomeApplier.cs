using Ingest.Publishing.Accounting;
using Ingest.Publishing.Isolation;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Sessions;

/// <summary>
/// What verdicts lead to: settles what can be settled, and steers window, backoff and breaker by the rest. Lane loop only.
/// </summary>
internal sealed class OutcomeApplier(SessionState state, BreakerSteering breaker)
{
    private readonly LaneContext _context = state.Context;
    private readonly ILaneHost _host = state.Host;
    private readonly FailureIsolation _isolation = new(state);
    private readonly List<int> _remaining = [];

    /// <summary>Takes up an ended attempt.</summary>
    internal void Complete(BatchDelivery delivery, TimeSpan now)
    {
        state.Deliveries.Completed(delivery, now);
        var ended = delivery.Ended;
        if (ended.Replacement is { } copy)
        {
            Log.LeftBehind(_context.Logger, _context.Name);
            delivery.Batch = copy;
        }
        var summary = AttemptSummary.Of(ended.Result, delivery.Batch.Count);
        Settle(delivery, ended.Result);
        SteerWindow(delivery, summary, now);
        Succeed(delivery, summary);
        var verdicts = _remaining.Select(index => ended.Result[index]).ToList();
        KeepRemaining(delivery);
        Fail(delivery, summary, verdicts, now);
        state.MustBeginAnew |= delivery.IsStoreDoubtful;
        breaker.Attempted(delivery.IsProbe, summary.Worst.Reason, now);
        delivery.IsProbe = false;
        if (summary.Delivered > 0)
        {
            _isolation.Reconsider(now);
        }
        delivery.Requeue?.EndIfSettled();
    }

    private bool IsAborted => state.Abort.IsCancellationRequested;

    // Settles what can be settled; the indexes of the others are left in _remaining.
    private void Settle(BatchDelivery delivery, in SinkResult result)
    {
        _remaining.Clear();
        if (delivery.Requeue is null && result is { PerEvent: null, Verdict.Kind: VerdictKind.Delivered })
        {
            state.Tracker.SettleDelivered(delivery.Batch);
            return;
        }
        for (var i = 0; i < delivery.Batch.Count; i++)
        {
            var verdict = result[i];
            var settlement = verdict.Kind switch
            {
                VerdictKind.Delivered => Settlement.Delivered,
                VerdictKind.Rejected when delivery.NotStored is null => Settlement.DeadLettered,
                _ => Settlement.Pending,
            };
            if (settlement == Settlement.Pending)
            {
                _remaining.Add(i);
            }
            else if (delivery.Requeue is { } request)
            {
                // Counted when the dead letters have noted it: they, not the accounts, know which they are.
                request.Settle(delivery.Batch.SequenceAt(i), verdict);
            }
            else
            {
                state.Tracker.Settle(delivery.Batch.SequenceAt(i), settlement);
            }
        }
    }

    private void KeepRemaining(BatchDelivery delivery)
    {
        if (_remaining.Count == 0)
        {
            state.Drop(delivery);
        }
        else if (_remaining.Count < delivery.Batch.Count)
        {
            state.Replace(delivery, delivery.Batch.Select(_remaining));
        }
    }

    private void SteerWindow(BatchDelivery delivery, in AttemptSummary summary, TimeSpan now)
    {
        var window = _host.Window;
        if (delivery.Ended.NotSent || IsAborted)
        {
            window.Ignored(delivery.Permit);
        }
        else if (summary.Worst.Kind is VerdictKind.Congested or VerdictKind.Retryable)
        {
            // What fails again and again by itself, or for its stream's sake, says nothing of the sink.
            if (summary.Worst.Scope is VerdictScope.Stream or VerdictScope.Event or VerdictScope.Key
                || (delivery.FailedAttempts > 0 && state.Evidence.IsLone) || FailureEvidence.Blames(delivery))
            {
                window.Ignored(delivery.Permit);
            }
            else
            {
                window.Congested(delivery.Permit);
            }
        }
        else if (summary.Delivered > 0 && summary.Worst.Kind != VerdictKind.Blocked)
        {
            window.Succeeded(delivery.Permit, now);
        }
        else
        {
            window.Ignored(delivery.Permit);
        }
    }

    private void Succeed(BatchDelivery delivery, in AttemptSummary summary)
    {
        if (summary.Delivered == 0)
        {
            return;
        }
        _host.Backoff.Succeeded(delivery.Permit.Number);
        _host.Connection.Delivered();
        state.Evidence.Delivered(delivery.Permit.Number);
        if (state.Parking.IsActive)
        {
            _isolation.NoteDelivered(delivery);
        }
    }

    // What follows for the events that stay pending.
    private void Fail(BatchDelivery delivery, in AttemptSummary summary, List<SinkVerdict> verdicts, TimeSpan now)
    {
        var worst = summary.Worst;
        if (delivery.Ended.NotSent || IsAborted)
        {
            delivery.Due = now;
            return;
        }
        if (delivery.IsStoreBlocked)
        {
            delivery.Due = now;
            _host.Connection.Block(delivery.NotStored!, now);
            return;
        }
        if (delivery.NotStored is { } notStored)
        {
            BackOff(delivery, $"the dead letters could not be written: {notStored}", worst.RetryAfter, now, pausesLane: true);
            return;
        }
        if (verdicts.Count == 0 || _isolation.TryIsolate(delivery, summary, verdicts, now))
        {
            return;
        }
        // What is refused by itself does not close the sink before others were tried, or those tried again that failed otherwise.
        var isOpen = worst.Scope is not (VerdictScope.Sink or VerdictScope.NotTried)
            && ((state.Evidence.IsLone && _isolation.HasUntried) || (worst.Kind == VerdictKind.Blocked && HasOthers(delivery)));
        if (worst.Kind == VerdictKind.Blocked && !isOpen)
        {
            delivery.Due = now;
            _host.Connection.Block(worst.Reason, now);
            return;
        }
        // One batch that fails by itself waits by itself.
        var isAlone = worst.Scope is not VerdictScope.Sink
            && (worst.Scope == VerdictScope.Stream || worst.Kind == VerdictKind.Blocked
                || (delivery.FailedAttempts > 1 && state.Evidence.IsLone));
        BackOff(delivery, worst.Reason, worst.RetryAfter, now, pausesLane: !isAlone);
    }

    private bool HasOthers(BatchDelivery refused)
    {
        state.Deliveries.SetBeside(byStream: !_context.Sink.Traits.AcceptsOutOfOrder);
        return state.Deliveries.All.Any(other =>
            other != refused && other is { IsBeside: true, Attempts: > 0, LastVerdict.Kind: not VerdictKind.Blocked });
    }

    private void BackOff(BatchDelivery delivery, string reason, TimeSpan? retryAfter, TimeSpan now, bool pausesLane)
    {
        state.LastFailure = reason;
        delivery.Due = _host.Backoff.Failed(
            delivery.Attempts, delivery.Permit.Number, _host.Window.LastDispatched, retryAfter, now, pausesLane);
        Log.AttemptFailed(_context.Logger, _context.Name, _remaining.Count, delivery.Attempts, reason);
    }
}
