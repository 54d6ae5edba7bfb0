using Ingest.Publishing.Accounting;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Scheduling;

/// <content>What verdicts lead to.</content>
internal sealed partial class LaneSession
{
    // A draining lane does not wait longer for a probe: there is a deadline.
    private static readonly TimeSpan DrainPauseMax = TimeSpan.FromSeconds(1);

    private readonly List<int> _remaining = [];

    private void LandAll(TimeSpan now)
    {
        while (_landed.TryDequeue(out var flight))
        {
            Land(flight, now);
        }
    }

    private bool Advance(TimeSpan now)
    {
        bool moved;
        lock (_cursor.Accounts.Lock)
        {
            moved = _tracker.Advance(_cursor.Accounts);
        }
        if (moved)
        {
            _saveDue ??= now + _context.Options.CursorInterval;
        }
        return moved;
    }

    private void Land(BatchDelivery flight, TimeSpan now)
    {
        _flights.Landed(flight);
        var ended = flight.Ended;
        if (ended.Replacement is { } copy)
        {
            Log.LeftBehind(_context.Logger, _context.Name);
            flight.Batch = copy;
        }
        var summary = AttemptSummary.Of(ended.Result, flight.Batch.Count);
        Settle(flight, ended.Result);
        SteerWindow(flight, summary, ended.NotSent, now);
        SteerPace(flight, summary, ended.NotSent, now);
        SteerBreaker(flight, summary, now);
        flight.IsProbe = false;
        if (_remaining.Count == 0)
        {
            _flights.Remove(flight);
            _pool.Return(flight.Batch);
        }
        else if (_remaining.Count < flight.Batch.Count)
        {
            var rest = flight.Batch.Select(_remaining);
            _pool.Return(flight.Batch);
            flight.Batch = rest;
            flight.Groups = GroupsOf(rest);
        }
        if (flight.Requeue is { IsSettled: true } request)
        {
            request.End();
        }
    }

    // Settles what can be settled; the indexes of the others are left in _remaining.
    private void Settle(BatchDelivery flight, in SinkResult result)
    {
        _remaining.Clear();
        for (var i = 0; i < flight.Batch.Count; i++)
        {
            var verdict = result[i];
            var settlement = verdict.Kind switch
            {
                VerdictKind.Delivered => Settlement.Delivered,
                VerdictKind.Rejected when flight.NotStored is null => Settlement.DeadLettered,
                _ => Settlement.Pending,
            };
            if (settlement == Settlement.Pending)
            {
                _remaining.Add(i);
            }
            else if (flight.Requeue is { } request)
            {
                // Counted when the dead letters have noted it: they, not the accounts, know which they are.
                request.Settle(flight.Batch.SequenceAt(i), verdict);
            }
            else
            {
                _tracker.Settle(flight.Batch.SequenceAt(i), settlement);
            }
        }
    }

    private void SteerWindow(BatchDelivery flight, in AttemptSummary summary, bool notSent, TimeSpan now)
    {
        var window = _lane.Window;
        if (notSent || _abort.IsCancellationRequested)
        {
            window.Ignored(flight.Permit);
        }
        else if (summary.Worst.Kind is VerdictKind.Congested or VerdictKind.Retryable)
        {
            window.Congested(flight.Permit);
        }
        else if (summary.Delivered > 0 && summary.Worst.Kind != VerdictKind.Blocked)
        {
            window.Succeeded(flight.Permit, now);
        }
        else
        {
            window.Ignored(flight.Permit);
        }
    }

    private void SteerPace(BatchDelivery flight, in AttemptSummary summary, bool notSent, TimeSpan now)
    {
        var worst = summary.Worst;
        if (summary.Delivered > 0)
        {
            _lane.Pace.Succeeded();
            _lane.Door.Delivered();
        }
        if (notSent || _abort.IsCancellationRequested)
        {
            flight.Due = now;
            return;
        }
        if (flight.IsStoreBlocked)
        {
            flight.Due = now;
            _lane.Door.Block(flight.NotStored!, now);
            return;
        }
        var reason = flight.NotStored is { } notStored ? $"the dead letters could not be written: {notStored}" : worst.Reason;
        if (worst.Kind == VerdictKind.Blocked)
        {
            flight.Due = now;
            _lane.Door.Block(worst.Reason, now);
        }
        else if (worst.Kind is VerdictKind.Congested or VerdictKind.Retryable || flight.NotStored is not null)
        {
            _lastFailure = reason;
            flight.Due = _lane.Pace.Failed(flight.Attempts, flight.Permit.Number, _lane.Window.LastDispatched, worst.RetryAfter, now);
            Log.AttemptFailed(_context.Logger, _context.Name, _remaining.Count, flight.Attempts, reason);
        }
    }

    private void SteerBreaker(BatchDelivery flight, in AttemptSummary summary, TimeSpan now)
    {
        var wasOpen = _lane.Window.IsFrozen;
        if (_lane.Caller.State == BreakerState.Closed)
        {
            if (wasOpen)
            {
                _lane.Window.Restart();
                _lane.Pace.SkipWaits();
                _flights.SkipWaits();
                Log.BreakerClosed(_context.Logger, _context.Name);
            }
        }
        else if (!wasOpen || flight.IsProbe)
        {
            var pause = _lane.Caller.OpenFor;
            _lane.Window.Freeze();
            _probeDue = now + (_lane.IsDraining && pause > DrainPauseMax ? DrainPauseMax : pause);
            Log.BreakerOpened(_context.Logger, _context.Name, pause, summary.Worst.Reason);
        }
    }

    private void Publish(TimeSpan now)
    {
        var (state, reason) = Describe(now);
        var stands = state is LaneState.Blocked or LaneState.Opening or LaneState.BackingOff or LaneState.Open;
        _lane.Publish(new LaneGauges(
            state,
            reason,
            _tracker.Settled,
            _tracker.SettledAhead,
            _flights.InFlight,
            _flights.InFlightEvents,
            _lane.Window.Exact,
            _lane.Window.SlowStartThreshold,
            _lane.Caller.State,
            _lane.Window.RoundTrip,
            _tracker.OldestAcceptedUnixMs ?? (stands ? _feed.PeekAcceptedUnixMs() : null)));
    }

    private (LaneState State, string Reason) Describe(TimeSpan now)
    {
        if (_lane.Door.Describe() is { } closed)
        {
            return closed;
        }
        if (_lane.Caller.State == BreakerState.Open)
        {
            return (LaneState.Open, _lastFailure);
        }
        if (_lane.Caller.State == BreakerState.HalfOpen)
        {
            return (LaneState.Probing, _lastFailure);
        }
        if (IsEmpty)
        {
            return (_lane.IsDraining ? LaneState.Drained : LaneState.Idle, "");
        }
        return now < _lane.Pace.PausedUntil || (_flights.InFlight == 0 && _flights.NextDue(now) is not null)
            ? (LaneState.BackingOff, _lastFailure)
            : (LaneState.Delivering, "");
    }
}
