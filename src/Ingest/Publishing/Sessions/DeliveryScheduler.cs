using System.Diagnostics.CodeAnalysis;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Isolation;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Requeue;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Sessions;

/// <summary>Decides which delivery goes next, and when to look again. Sends nothing. Lane loop only.</summary>
internal sealed class DeliveryScheduler(SessionState state)
{
    // Batches that may be read beside those of the window to find out whether others are taken.
    private const int SoughtMax = 8;

    private readonly ILaneHost _host = state.Host;
    private readonly HeldEvents _held = new(state);
    private readonly PublishingOptions _options = state.Context.Options;
    private readonly SinkTraits _traits = state.Context.Sink.Traits;

    // The current look read the log to its end, so that only a commit can bring more.
    private bool _sawEnd;

    /// <summary>End of the time in which events are gathered before the log is read again.</summary>
    internal TimeSpan LingerUntil { get; private set; }

    /// <summary>
    /// Everything read and tried has failed, and there are events that were never tried: whether they go shows whether the others are to
    /// blame or the sink, so they are tried soon, whatever pause the failures led to.
    /// </summary>
    internal bool SeeksElsewhere => _host.Now >= (SeekDue ?? TimeSpan.MaxValue);

    /// <summary>When <see cref="SeeksElsewhere"/> comes to be; null while it does not by time alone.</summary>
    internal TimeSpan? SeekDue =>
        state.Deliveries.Count == 0 || state.Deliveries.InFlight > 0 || !state.Parking.IsEnabled
            || (state.Groups.Events == 0 && !state.Feed.HasMore) || state.Deliveries.HasUntried
            ? null
        : state.Evidence.SeekDue > _host.Backoff.Asked.Until ? state.Evidence.SeekDue
        : _host.Backoff.Asked.Until;

    /// <summary>
    /// When one more batch may go although the window is full, because nothing has moved for long: one event that its receiver is slow for
    /// must not hold up the others. A quarter of the window's bound may go so. Null: none may.
    /// </summary>
    internal TimeSpan? SpareDue =>
        state.Deliveries.InFlight > 0 && state.Deliveries.IsConcurrent && !_host.Window.CanDispatch
            && state.Deliveries.InFlight < _host.Window.Limit + Math.Max(_traits.WindowMax / 4, 1)
            ? state.Deliveries.LastMoved + BatchDeliveries.SlowAfter
            : null;

    /// <summary>When another batch may go beside the one by which a sink that was blocked is tried, which takes long.</summary>
    internal TimeSpan? OnTrialDue => _host.Connection.IsOnTrial && state.Deliveries.InFlight > 0
        ? state.Deliveries.LastMoved + BatchDeliveries.SlowAfter : null;

    /// <summary>
    /// One batch alone failed and parts of it were not tried apart: they are, whatever pause the failures led to.
    /// </summary>
    internal bool TriesParts => state.Evidence.IsLone && state.Deliveries.InFlight == 0 && state.Deliveries.HasUntried;

    internal void BeginTurn() => _sawEnd = false;

    /// <summary>Only a commit can bring what this lane waits for.</summary>
    internal bool WaitsForLog(TimeSpan turn) =>
        (_sawEnd && LingerUntil <= turn) || (state.Deliveries.InFlight == 0 && state.Feed.IsCaughtUp);

    /// <summary>The delivery to start now, in flight from here on as far as others are concerned; null when none may go.</summary>
    internal BatchDelivery? Next(TimeSpan now)
    {
        if (!_host.Connection.IsOpen)
        {
            return null;
        }
        if (_host.Backoff.Asked.Until > now)
        {
            return MayTryAsked(now) ? TryAsked(now) : null;
        }
        if (_host.Caller.State != BreakerState.Closed)
        {
            var isAlone = state.Deliveries.InFlight == 0 && !state.Trials.IsProbing;
            return isAlone && (now >= state.ProbeDue || SeeksElsewhere || TriesParts) ? Probe(now) : null;
        }
        var mayTry = (_host.Window.CanDispatch || now >= SpareDue)
            && !(_host.Connection.IsOnTrial && state.Deliveries.InFlight > 0 && now < OnTrialDue)
            && state.Deliveries.InFlight + state.Trials.InFlight < _traits.WindowMax;
        if (!mayTry)
        {
            return null;
        }
        if (SeeksElsewhere && Seek(now) is { } elsewhere)
        {
            return elsewhere;
        }
        if (now >= _host.Backoff.PausedUntil)
        {
            return TakeRetry(now) ?? TakeNew(now);
        }
        return TriesParts ? TakeProbe(now) : null;
    }

    private bool MayTryAsked(TimeSpan now) =>
        _host.Backoff.Asked.MayTry && now >= _host.Backoff.PausedUntil && state.Deliveries.InFlight == 0 && _host.Window.CanDispatch
        && _host.Caller.State == BreakerState.Closed && state.Parking.IsEnabled;

    // The sink asked for a pause: a small batch of the other part of what it refused, or of something else, shows whether it meant that.
    private BatchDelivery? TryAsked(TimeSpan now)
    {
        state.Deliveries.SetBeside(byStream: !_traits.AcceptsOutOfOrder);
        if ((TakeWaiting(now, () => state.Deliveries.NextProbe(mayBeTaken: true), once: true) ?? Seek(now)) is not { } delivery)
        {
            return null;
        }
        _host.Backoff.Asked.Tried();
        return MakeSmall(delivery);
    }

    private BatchDelivery? TakeNew(TimeSpan now)
    {
        while (state.Deliveries.TakesNew && (state.Deliveries.Count < _traits.WindowMax || (state.Deliveries.IsConcurrent && MakeRoom())))
        {
            Fill(now);
            if (state.Groups.Take(state.Deliveries.BusyAt(now), Math.Max(_host.Window.Limit - state.Deliveries.InFlight, 1), out var groups)
                is not { } batch)
            {
                return null;
            }
            var delivery = new BatchDelivery(batch, groups);
            state.Deliveries.Add(delivery);
            // What waits in front of it first: an event that joined the parked ones before an earlier one of its key did would overtake it.
            if ((!state.Deliveries.IsConcurrent || SetBeside(delivery, now)) && _held.Divert(delivery, now))
            {
                return delivery;
            }
        }
        return null;
    }

    // Events never tried, of keys that nothing waits of.
    private BatchDelivery? Seek(TimeSpan now)
    {
        state.Evidence.Sought(now);
        while (MakeRoom())
        {
            Fill(now);
            if (state.Groups.Take(state.Deliveries.BusyAt(now), 1, out var groups) is not { } batch)
            {
                return null;
            }
            var delivery = new BatchDelivery(batch, groups);
            state.Deliveries.Add(delivery);
            if (SetBeside(delivery, now) && _held.Divert(delivery, now))
            {
                return delivery;
            }
        }
        return null;
    }

    // What failed and waits takes the place of no more than so many batches: neighbours become one again.
    private bool MakeRoom()
    {
        if (state.Deliveries.Count < _traits.WindowMax + SoughtMax)
        {
            return true;
        }
        if (state.Deliveries.JoinNeighbours(_traits) is not { } joined)
        {
            return false;
        }
        state.Pool.Return(joined.First.Batch);
        state.Pool.Return(joined.Second.Batch);
        return true;
    }

    private void Fill(TimeSpan now)
    {
        if (now < LingerUntil && !_host.IsDraining && state.Feed.Unread < _traits.BatchEventsMax)
        {
            return;
        }
        var any = state.Feed.Fill((long)Math.Max(1, _traits.WindowMax + 1 - state.Deliveries.Count) * _traits.BatchBytesMax, now);
        _sawEnd = state.Feed.ReachedEnd;
        LingerUntil = any && _sawEnd && !_host.IsDraining ? now + _options.Linger : TimeSpan.Zero;
    }

    private BatchDelivery? TakeRetry(TimeSpan now) => TakeWaiting(now, () => state.Deliveries.NextRetry(now), once: false);

    private BatchDelivery? TakeProbe(TimeSpan now) => TakeWaiting(now, () => state.Deliveries.NextProbe(), once: true);

    // The next one to be sent again. Dead letters that an operator gave up while they waited are not sent any more.
    private BatchDelivery? TakeWaiting(TimeSpan now, Func<BatchDelivery?> next, bool once)
    {
        while (next() is { } delivery)
        {
            if (delivery.Requeue is { } request ? KeepWanted(delivery, request) : _held.Divert(delivery, now))
            {
                return delivery;
            }
            if (delivery.Requeue is { } given)
            {
                state.Drop(delivery);
                given.EndIfSettled();
            }
            else if (once)
            {
                return null;
            }
        }
        return null;
    }

    // False: none is left. The accounts have a parked event as dead-lettered once its record says so, which may be a moment after its
    // letter is stored: delivered before, it would be counted twice.
    private bool KeepWanted(BatchDelivery delivery, RequeueRequest request)
    {
        var whole = delivery.Batch;
        var wanted = Enumerable.Range(0, whole.Count).Where(index => whole.SequenceAt(index) is var sequence
            && request.IsWanted(sequence) && state.Parking.Events.Find(sequence) is null).ToList();
        request.Withdraw(whole.Count - wanted.Count);
        if (wanted.Count > 0 && wanted.Count < whole.Count)
        {
            state.Replace(delivery, whole.Select(wanted));
        }
        return wanted.Count > 0;
    }

    // Leaves out what has to wait for what failed. Returns whether others are left.
    [SuppressMessage("Reliability", "CA2000", Justification = "A delivery owns its batch until it is settled or dropped.")]
    private bool SetBeside(BatchDelivery delivery, TimeSpan now)
    {
        if (!state.Deliveries.HasStuck(delivery, now))
        {
            return true;
        }
        delivery.IsBeside = true;
        var conflicts = state.Deliveries.Conflicts(delivery, byStream: !_traits.AcceptsOutOfOrder);
        if (conflicts.Count == 0)
        {
            return true;
        }
        var whole = delivery.Batch;
        var others = Enumerable.Range(0, whole.Count).Where(i => !conflicts.Contains(i)).ToList();
        var behind = whole.Select(conflicts.Order());
        if (others.Count > 0)
        {
            state.Replace(delivery, whole.Select(others));
        }
        else
        {
            state.Drop(delivery);
        }
        var late = new BatchDelivery(behind, state.GroupsOf(behind));
        if (state.Deliveries.AddBehind(late, _traits, byStream: !_traits.AcceptsOutOfOrder) is { } joined)
        {
            behind.Dispose();
            state.Pool.Return(joined.Batch);
        }
        return others.Count > 0;
    }

    // One small batch finds out whether the sink is back: of events never tried where only one batch failed, else of those that were not
    // tried for the longest time.
    private BatchDelivery? Probe(TimeSpan now)
    {
        _host.Caller.SkipPause();
        var delivery = (SeeksElsewhere ? Seek(now) : null) ?? TakeProbe(now) ?? TakeNew(now);
        if (delivery is null)
        {
            return null;
        }
        delivery = MakeSmall(delivery);
        delivery.IsProbe = true;
        return delivery;
    }

    private BatchDelivery MakeSmall(BatchDelivery delivery) =>
        delivery.Batch.Count > _options.ProbeEvents ? SplitOff(delivery, _options.ProbeEvents) : delivery;

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
}
