using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Receipts;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Sessions;

/// <summary>Moves a session's settled position, saves it, and shows other threads how the lane is. Lane loop only.</summary>
internal sealed class PositionKeeper(SessionState state)
{
    private readonly ILaneHost _host = state.Host;
    private readonly PublishingOptions _options = state.Context.Options;
    private readonly OwedEvents _owed = new(state.Context, state.Parking.Events);

    // Settled ahead of the position as of the last look: it is saved beside the position.
    private int _ahead;
    private bool _isOver;

    /// <summary>When the position is saved; null when it is.</summary>
    internal TimeSpan? SaveDue { get; private set; }

    /// <summary>Moves the position over what is settled. Returns whether it moved.</summary>
    internal bool Advance(TimeSpan now)
    {
        var accounts = state.Cursor.Accounts;
        bool moved;
        lock (accounts.Lock)
        {
            moved = state.Tracker.Advance(accounts);
        }
        if (moved || state.Tracker.SettledAhead != _ahead || state.Parking.HasMoved
            || state.Cursor.Accounts.Doubtful.UpTo > state.Cursor.SavedDoubtful)
        {
            _ahead = state.Tracker.SettledAhead;
            state.Parking.HasMoved = false;
            MustSave(now);
        }
        return moved;
    }

    /// <summary>Something changed that has to be on disk within the interval.</summary>
    internal void MustSave(TimeSpan now) => SaveDue ??= now + _options.CursorInterval;

    /// <summary>The position was set otherwise: nothing of this session is saved any more.</summary>
    internal void End() => _isOver = state.Parking.IsOver = true;

    internal void SaveIfDue(TimeSpan now)
    {
        var isDone = state.IsEmpty && !state.Parking.IsBusy && !state.Trials.IsBusy;
        if (SaveDue <= now || (SaveDue is not null && _host.IsDraining && isDone))
        {
            SaveDue = TrySave() ? null : now + _options.CursorInterval;
        }
        // Parked events that a drain has tried once more stay parked: they are reported as what is left.
        var mayGo = state.Parking.IsActive && state.Parking.Scheduler.NextDue is { } due && due <= now;
        if (isDone && SaveDue is null && !mayGo)
        {
            _host.ReportEmpty();
        }
    }

    /// <summary>Saves what is not saved.</summary>
    internal void Save()
    {
        if (SaveDue is not null && !_isOver)
        {
            TrySave();
        }
    }

    /// <summary>Tells a sink that wants to know where the lane would begin after a restart.</summary>
    internal void TellSink() => (state.Context.Sink as IPositionAware)?.PositionSaved(state.Cursor.Saved, _owed);

    private bool TrySave()
    {
        if (!state.Cursor.TrySave(state.Tracker))
        {
            return false;
        }
        TellSink();
        return true;
    }

    internal void Publish(TimeSpan now)
    {
        var (lane, reason) = Describe(now);
        var stands = lane is LaneState.Blocked or LaneState.Opening or LaneState.BackingOff or LaneState.Open;
        _host.Publish(new LaneGauges(
            lane,
            reason,
            state.Tracker.Settled,
            state.Tracker.SettledAhead,
            state.Deliveries.InFlight,
            state.Deliveries.InFlightEvents,
            _host.Window.Exact,
            _host.Window.SlowStartThreshold,
            _host.Caller.State,
            _host.Window.RoundTrip,
            state.Tracker.OldestAcceptedUnixMs ?? (stands ? state.Feed.PeekAcceptedUnixMs(now) : null),
            NextTry(lane, now)));
    }

    // On the lane's clock; null while nothing keeps it from trying.
    private TimeSpan? NextTry(LaneState lane, TimeSpan now) => lane switch
    {
        LaneState.Blocked or LaneState.BackingOff when !_host.Connection.IsOpen => _host.Backoff.OpenDue,
        LaneState.Open => state.ProbeDue,
        LaneState.BackingOff when _host.Backoff.PausedUntil > now => _host.Backoff.PausedUntil,
        LaneState.BackingOff => state.Deliveries.NextDue(now),
        _ => null,
    };

    private (LaneState State, string Reason) Describe(TimeSpan now)
    {
        if (_host.Connection.Describe() is { } closed)
        {
            return closed;
        }
        if (_host.Caller.State == BreakerState.Open)
        {
            return (LaneState.Open, state.LastFailure);
        }
        if (_host.Caller.State == BreakerState.HalfOpen)
        {
            return (LaneState.Probing, state.LastFailure);
        }
        if (state.Parking.Failure is { } failure)
        {
            return (LaneState.BackingOff, failure);
        }
        if (state.Feed.Failure is { } unread && state.Deliveries.Count == 0 && state.Groups.Events == 0)
        {
            return (LaneState.BackingOff, unread);
        }
        if (state.IsEmpty)
        {
            return (_host.IsDraining ? LaneState.Drained : LaneState.Idle, "");
        }
        return now < _host.Backoff.WaitsUntil || (state.Deliveries.InFlight == 0 && state.Deliveries.NextDue(now) is not null)
            ? (LaneState.BackingOff, state.Obstacle)
            : (LaneState.Delivering, "");
    }
}
