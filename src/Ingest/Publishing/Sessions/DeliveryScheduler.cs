using System.Diagnostics.CodeAnalysis;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Publishing.Requeue;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Sessions;

/// <summary>Decides which delivery goes next, and when to look again. Sends nothing. Lane loop only.</summary>
internal sealed class DeliveryScheduler(SessionState state)
{
    private static readonly TimeSpan FullPause = TimeSpan.FromSeconds(1);

    private readonly ILaneHost _host = state.Host;
    private readonly PublishingOptions _options = state.Context.Options;
    private readonly SinkTraits _traits = state.Context.Sink.Traits;

    // The current look read the log to its end, so that only a commit can bring more.
    private bool _sawEnd;

    /// <summary>Until when events are gathered before the log is read again.</summary>
    internal TimeSpan LingerUntil { get; private set; }

    /// <summary>
    /// One batch alone failed, and there are events that were never tried: whether they go shows whether it is to blame or the sink, so they
    /// are tried at once, whatever pause the failures led to.
    /// </summary>
    internal bool SeeksElsewhere => state.Evidence.IsLone && state.Deliveries.InFlight == 0 && !state.Deliveries.HasUntried
        && state.Deliveries.Count > 0 && (state.Groups.Events > 0 || state.Feed.Unread > 0);

    internal void BeginTurn() => _sawEnd = false;

    /// <summary>Only a commit can bring what this lane waits for.</summary>
    internal bool WaitsForLog(TimeSpan turn) =>
        (_sawEnd && LingerUntil <= turn) || (state.Evidence.IsLone && state.Feed.IsCaughtUp);

    /// <summary>The delivery to start now, in flight from here on as far as others are concerned; null when none may go.</summary>
    internal BatchDelivery? Next(TimeSpan now)
    {
        if (!_host.Connection.IsOpen)
        {
            return null;
        }
        if (_host.Caller.State != BreakerState.Closed)
        {
            return state.Deliveries.InFlight == 0 && (now >= state.ProbeDue || SeeksElsewhere) ? Probe(now) : null;
        }
        var mayTry = _host.Window.CanDispatch && !(_host.Connection.IsOnTrial && state.Deliveries.InFlight > 0)
            && state.Deliveries.InFlight + state.Trials.InFlight < _traits.WindowMax;
        if (!mayTry)
        {
            return null;
        }
        if (SeeksElsewhere && TakeNew(now) is { } elsewhere)
        {
            return elsewhere;
        }
        return now >= _host.Backoff.PausedUntil ? TakeWaiting(now, isProbe: false) ?? TakeNew(now) : null;
    }

    private BatchDelivery? TakeNew(TimeSpan now)
    {
        var seeks = SeeksElsewhere;
        while (seeks || (state.Deliveries.TakesNew && state.Deliveries.Count < _traits.WindowMax))
        {
            Fill(now);
            if (state.Groups.Take(state.Deliveries.Busy, Math.Max(_host.Window.Limit - state.Deliveries.InFlight, 1), out var groups)
                is not { } batch)
            {
                return null;
            }
            var delivery = new BatchDelivery(batch, groups);
            state.Deliveries.Add(delivery);
            if (Divert(delivery, now) && (!seeks || SetBeside(delivery)))
            {
                return delivery;
            }
            seeks = SeeksElsewhere;
        }
        return null;
    }

    private void Fill(TimeSpan now)
    {
        if (now < LingerUntil && !_host.IsDraining && state.Feed.Unread < _traits.BatchEventsMax)
        {
            return;
        }
        var any = state.Feed.Fill((long)Math.Max(1, _traits.WindowMax + 1 - state.Deliveries.Count) * _traits.BatchBytesMax);
        _sawEnd = state.Feed.ReachedEnd;
        LingerUntil = any && _sawEnd && !_host.IsDraining ? now + _options.Linger : TimeSpan.Zero;
    }

    // The next one to be sent again. Dead letters that an operator gave up while they waited are not sent any more.
    private BatchDelivery? TakeWaiting(TimeSpan now, bool isProbe)
    {
        while ((isProbe ? state.Deliveries.NextProbe() : state.Deliveries.NextRetry(now)) is { } delivery)
        {
            if (delivery.Requeue is { } request ? KeepWanted(delivery, request) : Divert(delivery, now))
            {
                return delivery;
            }
            if (delivery.Requeue is { } given)
            {
                Drop(delivery);
                EndIfSettled(given);
            }
            else if (isProbe)
            {
                return null;
            }
        }
        return null;
    }

    // False: none is left.
    private bool KeepWanted(BatchDelivery delivery, RequeueRequest request)
    {
        var whole = delivery.Batch;
        var wanted = Enumerable.Range(0, whole.Count).Where(index => request.IsWanted(whole.SequenceAt(index))).ToList();
        request.Withdraw(whole.Count - wanted.Count);
        if (wanted.Count > 0 && wanted.Count < whole.Count)
        {
            Replace(delivery, whole.Select(wanted));
        }
        return wanted.Count > 0;
    }

    /// <summary>
    /// Has the events of a delivery that wait for parked ones join them. Returns whether others are left to be sent. A lane without parked
    /// events asks one question here.
    /// </summary>
    private bool Divert(BatchDelivery delivery, TimeSpan now)
    {
        if (!state.Parking.IsActive)
        {
            return true;
        }
        var (held, free) = (new List<int>(), new List<int>());
        for (var i = 0; i < delivery.Batch.Count; i++)
        {
            var stored = delivery.Batch[i];
            (state.Parking.Events.Holds(stored.Sequence, stored.Stream, stored.Key) ? held : free).Add(i);
        }
        if (held.Count == 0)
        {
            return true;
        }
        var diverted = delivery.Batch.Select(held);
        if (state.Parking.FullFor(diverted) is { } full)
        {
            return Wait(delivery, diverted, free, full, now);
        }
        state.Parking.Park(diverted, new ParkedCause("", IsOfStream: false, 0, 0));
        if (free.Count == 0)
        {
            Drop(delivery);
            return false;
        }
        Replace(delivery, delivery.Batch.Select(free));
        return true;
    }

    // There is no room among the parked events: what waits for them waits here, and with it, in the end, the lane.
    [SuppressMessage("Reliability", "CA2000", Justification = "A delivery owns its batch until it is settled or dropped.")]
    private bool Wait(BatchDelivery delivery, EventBatch held, List<int> free, string full, TimeSpan now)
    {
        state.LastFailure = full;
        if (free.Count == 0)
        {
            held.Dispose();
            delivery.Due = now + FullPause;
            delivery.Attempts = Math.Max(delivery.Attempts, 1);
            return false;
        }
        var waiting = delivery.Part(held, state.GroupsOf(held));
        (waiting.Due, waiting.Attempts) = (now + FullPause, Math.Max(delivery.Attempts, 1));
        state.Deliveries.InsertBefore(delivery, waiting);
        Replace(delivery, delivery.Batch.Select(free));
        return true;
    }

    // Where batches follow each other: leaves out what has to wait for the batch that failed. Returns whether others are left.
    [SuppressMessage("Reliability", "CA2000", Justification = "A delivery owns its batch until it is settled or dropped.")]
    private bool SetBeside(BatchDelivery delivery)
    {
        delivery.IsBeside = true;
        if (state.Deliveries.IsConcurrent || _traits.KeepsKeyOrder)
        {
            return true;
        }
        var conflicts = state.Deliveries.Conflicts(delivery, byStream: !_traits.AcceptsOutOfOrder);
        if (conflicts.Count == 0)
        {
            return true;
        }
        delivery.IsBeside = conflicts.Count < delivery.Batch.Count;
        if (delivery.IsBeside)
        {
            var whole = delivery.Batch;
            var behind = new BatchDelivery(whole.Select(conflicts.Order()), delivery.Groups);
            Replace(delivery, whole.Select(Enumerable.Range(0, whole.Count).Where(i => !conflicts.Contains(i))));
            state.Deliveries.Add(behind);
        }
        return delivery.IsBeside;
    }

    // One small batch finds out whether the sink is back: of events never tried where only one batch failed, else of those that were not
    // tried for the longest time.
    private BatchDelivery? Probe(TimeSpan now)
    {
        _host.Caller.SkipPause();
        var delivery = (SeeksElsewhere ? TakeNew(now) : null) ?? TakeWaiting(now, isProbe: true) ?? TakeNew(now);
        if (delivery is null)
        {
            return null;
        }
        if (delivery.Batch.Count > _options.ProbeEvents)
        {
            delivery = SplitOff(delivery, _options.ProbeEvents);
        }
        delivery.IsProbe = true;
        return delivery;
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "A delivery owns its batch until it is settled or dropped.")]
    private BatchDelivery SplitOff(BatchDelivery delivery, int events)
    {
        var whole = delivery.Batch;
        var first = delivery.Part(whole.Select(Enumerable.Range(0, events)), delivery.Groups);
        delivery.Batch = whole.Select(Enumerable.Range(events, whole.Count - events));
        state.Pool.Return(whole);
        state.Deliveries.InsertBefore(delivery, first);
        delivery.IsBeside = state.Deliveries.Conflicts(delivery, byStream: !_traits.AcceptsOutOfOrder).Count == 0;
        return first;
    }

    private void Replace(BatchDelivery delivery, EventBatch batch)
    {
        state.Pool.Return(delivery.Batch);
        delivery.Batch = batch;
        delivery.Groups = state.GroupsOf(batch);
    }

    private void Drop(BatchDelivery delivery)
    {
        state.Deliveries.Remove(delivery);
        state.Pool.Return(delivery.Batch);
    }

    private static void EndIfSettled(RequeueRequest request)
    {
        if (request.IsSettled)
        {
            request.End();
        }
    }
}
