using System.Runtime.ExceptionServices;
using Ingest.Publishing.Accounting;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Isolation;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Publishing.Scheduling;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Sessions;

/// <summary>
/// A lane's work from one position of its cursor on, until it stops, is rewound or fails: reads, sends, settles, saves. One loop owns all
/// of it; attempts hand their deliveries back through a queue. What must outlive a session belongs to the <see cref="Lane"/>.
/// </summary>
internal sealed class LaneSession : IDisposable
{
    private readonly LaneContext _context;
    private readonly ILaneHost _host;
    private readonly SessionState _state;
    private readonly DeliveryScheduler _scheduler;
    private readonly DeliveryExecutor _executor;
    private readonly BreakerSteering _breaker;
    private readonly OutcomeApplier _outcomes;
    private readonly SessionCommands _commands;
    private readonly PositionKeeper _position;
    private readonly ITimer _timer;

    // When the current look began: what becomes due after it is waited for, what was due before it was looked at.
    private TimeSpan _turn;

    // The settled position moved after the current look had read: what it made room for is looked for at once.
    private bool _hasMoved;

    internal LaneSession(ILaneHost host, LaneContext context, LaneCursor cursor)
    {
        (_host, _context) = (host, context);
        _state = NewState(host, context, cursor);
        _executor = new DeliveryExecutor(_state);
        _scheduler = new DeliveryScheduler(_state);
        _breaker = new BreakerSteering(_state);
        _outcomes = new OutcomeApplier(_state, _breaker);
        _position = new PositionKeeper(_state);
        _commands = new SessionCommands(_state, _position);
        _timer = context.Time.CreateTimer(
            static signal => ((AsyncSignal)signal!).Set(), host.Signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The lane's parked events, for listings. Any thread.</summary>
    internal ParkedEvents Parked => _state.Parking.Events;

    /// <summary>Runs until the lane stops or is rewound. Attempts have ended when it returns, also when it throws.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        _position.TellSink();
        _state.Parking.Open();
        _state.Trials.Open();
        try
        {
            while (!stop.IsCancellationRequested && !await TurnAsync(stop))
            {
                if (!_executor.HasCompleted && !_state.Trials.HasEnded && !_hasMoved)
                {
                    await WaitAsync();
                }
                else
                {
                    // A sink that ends at once would keep this thread for good.
                    await Task.Yield();
                }
            }
        }
        finally
        {
            await EndAsync(stop);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _state.Abort.Dispose();
        _state.Feed.Dispose();
        _state.Groups.Dispose();
        foreach (var delivery in _state.Deliveries.All)
        {
            delivery.Batch.Dispose();
            delivery.Requeue?.End();
        }
        _state.Pool.Dispose();
        _state.Parking.Dispose();
    }

    private static SessionState NewState(ILaneHost host, LaneContext context, LaneCursor cursor)
    {
        var traits = context.Sink.Traits;
        var concurrent = !traits.KeepsKeyOrder && traits.WindowMax > 1;
        var pool = new BatchPool();
        var tracker = new AckTracker(cursor.Saved, TrackedMax(traits));
        var groups = new KeyGroups(traits, concurrent ? Math.Min(traits.WindowMax * 2, KeyGroups.GroupsMax) : 1, pool);
        var abort = new CancellationTokenSource(Timeout.InfiniteTimeSpan, context.Time);
        var parking = new LaneParking(context, host, cursor, tracker);
        return new SessionState
        {
            Context = context,
            Host = host,
            Cursor = cursor,
            Tracker = tracker,
            Pool = pool,
            Groups = groups,
            Deliveries = new BatchDeliveries(concurrent),
            Feed = new LogFeed(context, tracker, cursor, groups, parking),
            Evidence = new FailureEvidence(),
            Parking = parking,
            Trials = new ParkedTrials(context, host, parking, abort.Token),
            Abort = abort,
            ProbeDue = host.Now + host.Caller.OpenFor,
        };
    }

    // How far reading may run ahead of an event that is not settled; it bounds the tracker's memory, 8 bytes an event.
    private static int TrackedMax(SinkTraits traits) =>
        (int)Math.Clamp(2L * (traits.WindowMax + 1) * traits.BatchEventsMax, 1 << 18, 1 << 22);

    // One look at everything there is to do. True: the session is over.
    private async ValueTask<bool> TurnAsync(CancellationToken stop)
    {
        var now = _turn = _host.Now;
        _scheduler.BeginTurn();
        _host.Backoff.IsDraining = _host.IsDraining;
        Complete(now);
        // Before anything is read: what was settled makes room, and this look may be the last one for long.
        _position.Advance(now);
        _commands.Take(now);
        if (_commands.Rewind is { } rewind && !IsBusy)
        {
            await _commands.RewindAsync(rewind);
            return true;
        }
        if (!_host.Connection.IsOpen && _state.Deliveries.InFlight == 0
            && (now >= _host.Backoff.OpenDue || _scheduler.SeeksElsewhere))
        {
            await _host.Connection.OpenAsync(stop);
            now = _host.Now;
            if (!_host.Connection.IsOpen)
            {
                _state.Evidence.Sought(now);
            }
        }
        _host.Window.Tick(now);
        if (_commands.Rewind is null && !_state.MustBeginAnew)
        {
            Start(now);
        }
        _state.Parking.Step(now);
        // Only what was read as lost or parked can move it here; there may be room to read on.
        _hasMoved = _position.Advance(now);
        _position.SaveIfDue(now);
        _position.Publish(now);
        return MustBeginAnew;
    }

    private bool MustBeginAnew => _state.MustBeginAnew && _commands.Rewind is null;

    private bool IsBusy => _state.Deliveries.InFlight > 0 || _state.Trials.IsBusy || _state.Parking.IsWriting;

    private void Complete(TimeSpan now)
    {
        while (_executor.TryTakeCompleted(out var delivery))
        {
            _outcomes.Complete(delivery, now);
        }
        if (_state.Trials.TakeEnded(now) is { } probed)
        {
            _breaker.Attempted(isProbe: true, probed, now);
        }
        _commands.Parked.AttemptsEnded();
        _state.Parking.Step(now);
    }

    private void Start(TimeSpan now)
    {
        // Parked events go first: a lane that is never idle would not try them otherwise, and their own backoff keeps them few.
        if (MayTryParked(now) && _host.Caller.State == BreakerState.Closed)
        {
            _state.Trials.Start(now, _state.Deliveries.InFlight);
        }
        while (!_executor.HasCompleted && _scheduler.Next(now) is { } delivery)
        {
            _executor.Start(delivery, now);
        }
        // While the breaker is open nothing but a probe goes. Where there is nothing else that may go, because all is parked or waits for
        // room among what is, only a parked event can be it.
        if (MayTryParked(now) && _host.Caller.State != BreakerState.Closed && _state.Deliveries.InFlight == 0 && now >= _state.ProbeDue)
        {
            _state.Trials.Probe(now);
        }
    }

    private bool MayTryParked(TimeSpan now) =>
        _state.Parking.IsActive && _host.Connection.IsOpen && now >= _host.Backoff.WaitsUntil;

    // Stops sending, lets attempts end under their grace, saves.
    private async Task EndAsync(CancellationToken stop)
    {
        // Where the lane goes on, attempts have the time they were given, unless it is stopped meanwhile or was before.
        using var ending = (MustBeginAnew ? stop : new CancellationToken(canceled: true)).Register(Abort);
        // Complete first, wait then: the signal of an attempt that ended as the lane was stopped may have been taken already.
        var failure = CompleteAll();
        while (IsBusy || (_state.Parking.IsBusy && _state.Parking.Failure is null))
        {
            await _host.Signal.WaitAsync();
            failure = CompleteAll() ?? failure;
        }
        _commands.Parked.End();
        failure?.Throw();
        _position.Advance(_host.Now);
        _position.Save();
        _position.Publish(_host.Now);
    }

    private void Abort() => _state.Abort.CancelAfter(_context.Options.StopGrace);

    // Takes up what ended. The session ends after what an outcome throws too, but not before the other attempts: they read its batches.
    private ExceptionDispatchInfo? CompleteAll()
    {
        ExceptionDispatchInfo? failure = null;
        do
        {
            try
            {
                Complete(_host.Now);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }
        while (_executor.HasCompleted || _state.Trials.HasEnded);
        return failure;
    }

    private async ValueTask WaitAsync()
    {
        var due = NextDue();
        if (due is { } at)
        {
            _timer.Change(WholeMilliseconds(at - _host.Now), Timeout.InfiniteTimeSpan);
        }
        if (_scheduler.WaitsForLog(_turn))
        {
            _host.WatchLog();
            if (!_state.Feed.IsCaughtUp)
            {
                _host.Signal.Set();
            }
        }
        await _host.Signal.WaitAsync();
        if (due is not null)
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    // Timers drop what is below a millisecond. Woken early by that much, the lane would look and wait again, many times.
    private static TimeSpan WholeMilliseconds(TimeSpan left) =>
        left > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : TimeSpan.Zero;

    // The next moment something becomes due by time alone.
    private TimeSpan? NextDue()
    {
        TimeSpan? next = null;
        Consider(_position.SaveDue);
        Consider(_host.Window.NextTick);
        Consider(_state.Deliveries.NextDue(_turn));
        Consider(_scheduler.LingerUntil);
        Consider(_scheduler.SeekDue);
        Consider(_scheduler.SpareDue);
        Consider(_scheduler.OnTrialDue);
        Consider(_state.Groups.Events > 0 || _state.Feed.HasMore ? _state.Deliveries.NextSlow(_turn) : null);
        Consider(_host.Backoff.PausedUntil);
        Consider(_host.Backoff.Asked.Until);
        Consider(_host.Connection.IsOpen ? null : _host.Backoff.OpenDue);
        Consider(_host.Caller.State == BreakerState.Open ? _state.ProbeDue : null);
        Consider(_state.Parking.IsActive ? _state.Parking.Scheduler.NextDue : null);
        Consider(_state.Parking.RetryDue);
        Consider(_state.Feed.RetryDue);
        Consider(_state.Trials.NextDue);
        return next;

        void Consider(TimeSpan? due)
        {
            if (due > _turn && !(due > next))
            {
                next = due;
            }
        }
    }
}
