using System.Collections.Concurrent;
using Ingest.Publishing.Accounting;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Scheduling;

/// <summary>
/// A lane's work from one position of its cursor on, until it stops, is rewound or fails: reads, sends, settles, saves. One loop owns
/// all of it; attempts hand their flights back through a queue. What must outlive a session belongs to the <see cref="Lane"/>.
/// </summary>
internal sealed partial class LaneSession : IDisposable
{
    private readonly LaneContext _context;
    private readonly Lane _lane;
    private readonly LaneCursor _cursor;
    private readonly AckTracker _tracker;
    private readonly BatchPool _pool = new();
    private readonly KeyGroups _groups;
    private readonly BatchDeliveries _flights;
    private readonly LogFeed _feed;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _abort;

    // Ended attempts, written by any thread; at most as many as are in flight.
    private readonly ConcurrentQueue<BatchDelivery> _landed = new();

    // When the current look began: what becomes due after it is waited for, what was due before it was looked at.
    private TimeSpan _turn;

    // The current look read the log to its end, so that only a commit can bring more.
    private bool _sawEnd;

    // The settled position moved after the current look had read: what it made room for is looked for at once.
    private bool _hasMoved;
    private TimeSpan _lingerUntil;
    private TimeSpan _probeDue;
    private TimeSpan? _saveDue;
    private RewindCommand? _rewind;
    private string _lastFailure = "";

    internal LaneSession(Lane lane, LaneContext context, LaneCursor cursor)
    {
        (_lane, _context, _cursor) = (lane, context, cursor);
        var traits = context.Sink.Traits;
        var concurrent = !traits.KeepsKeyOrder && traits.WindowMax > 1;
        _tracker = new AckTracker(cursor.Saved, TrackedMax(traits));
        _groups = new KeyGroups(traits, concurrent ? Math.Min(traits.WindowMax * 2, KeyGroups.GroupsMax) : 1, _pool);
        _flights = new BatchDeliveries(concurrent);
        _feed = new LogFeed(context, _tracker, cursor.Accounts, _groups);
        _timer = context.Time.CreateTimer(
            static signal => ((AsyncSignal)signal!).Set(), lane.Signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _abort = new CancellationTokenSource(Timeout.InfiniteTimeSpan, context.Time);
        _probeDue = lane.Now + lane.Caller.OpenFor;
    }

    /// <summary>Everything up to here is settled.</summary>
    internal long Settled => _tracker.Settled;

    /// <summary>Runs until the lane stops or is rewound. Flights have landed when it returns, also when it throws.</summary>
    internal async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested && !await TurnAsync(stop))
            {
                if (_landed.IsEmpty && !_hasMoved)
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
            await EndAsync();
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _abort.Dispose();
        _feed.Dispose();
        _groups.Dispose();
        foreach (var flight in _flights.All)
        {
            flight.Batch.Dispose();
            flight.Requeue?.End();
        }
        _pool.Dispose();
    }

    // One look at everything there is to do. True: the session is over.
    private async ValueTask<bool> TurnAsync(CancellationToken stop)
    {
        var now = _turn = _lane.Now;
        _sawEnd = false;
        _lane.Pace.IsDraining = _lane.IsDraining;
        LandAll(now);
        // Before anything is read: what has landed makes room, and this look may be the last one for long.
        Advance(now);
        TakeCommands();
        if (_rewind is not null && _flights.InFlight == 0)
        {
            await RewindAsync(_rewind);
            return true;
        }
        if (!_lane.Door.IsOpen && _flights.InFlight == 0 && now >= _lane.Pace.OpenDue)
        {
            await _lane.Door.OpenAsync(stop);
            now = _lane.Now;
        }
        _lane.Window.Tick(now);
        Dispatch(now);
        // Only what was read as lost can move it here; there may be room to read on.
        _hasMoved = Advance(now);
        SaveIfDue(now);
        Publish(now);
        return false;
    }

    private void TakeCommands()
    {
        while (_rewind is null && _lane.Commands.TryDequeue(out var command))
        {
            switch (command)
            {
                case RewindCommand rewind:
                    _rewind = rewind;
                    _abort.CancelAfter(_context.Options.StopGrace);
                    break;
                case RequeueCommand requeue:
                    _flights.Add(new BatchDelivery(requeue.Request.Batch, GroupsOf(requeue.Request.Batch)) { Requeue = requeue.Request });
                    break;
                case SettleRequeuesCommand settle when _cursor.Accounts.AddRequeued(settle.Settlement):
                    _saveDue ??= _turn + _context.Options.CursorInterval;
                    break;
                case SettleRequeuesCommand:
                    break;
                default:
                    SkipWaits();
                    break;
            }
        }
        if (_lane.TakeDrainBegun())
        {
            SkipWaits();
        }
    }

    private void SkipWaits()
    {
        _flights.SkipWaits();
        _lane.Pace.SkipWaits();
        _probeDue = TimeSpan.Zero;
    }

    private async Task RewindAsync(RewindCommand rewind)
    {
        var before = _tracker.Settled;
        if (rewind.Next < _context.Log.FirstSequence || rewind.Next > before + 1)
        {
            rewind.Done.SetResult(new(RewindStatus.OutOfRange, $"Lane {_context.Name} can go back to any event from "
                + $"{_context.Log.FirstSequence} to {before + 1}."));
            return;
        }
        try
        {
            if (_context.Sink is IRewindable remembering)
            {
                await remembering.RewindAsync(rewind.Next, CancellationToken.None);
            }
            _cursor.Save(rewind.Next - 1);
            Log.Rewound(_context.Logger, _context.Name, before, rewind.Next);
            rewind.Done.SetResult(new(RewindStatus.Done));
        }
        catch (IOException e)
        {
            rewind.Done.SetResult(new(RewindStatus.Failed, e.Message));
        }
        _saveDue = null;
    }

    // Stops sending, lets flights settle under their grace, saves.
    private async Task EndAsync()
    {
        _abort.CancelAfter(_context.Options.StopGrace);
        // Land first, wait then: the signal of a flight that landed as the lane was stopped may have been taken already.
        LandAll(_lane.Now);
        while (_flights.InFlight > 0)
        {
            await _lane.Signal.WaitAsync();
            LandAll(_lane.Now);
        }
        Advance(_lane.Now);
        if (_saveDue is not null)
        {
            _cursor.TrySave(_tracker.Settled);
        }
        Publish(_lane.Now);
    }

    private void SaveIfDue(TimeSpan now)
    {
        if (_saveDue <= now || (_saveDue is not null && _lane.IsDraining && IsEmpty))
        {
            _saveDue = _cursor.TrySave(_tracker.Settled) ? null : now + _context.Options.CursorInterval;
        }
        if (IsEmpty && _saveDue is null)
        {
            _lane.ReportEmpty();
        }
    }

    private bool IsEmpty => _flights.Count == 0 && _groups.Events == 0 && _feed.IsCaughtUp && _tracker.Settled == _tracker.Last;

    private async ValueTask WaitAsync()
    {
        var due = NextDue();
        if (due is { } at)
        {
            _timer.Change(WholeMilliseconds(at - _lane.Now), Timeout.InfiniteTimeSpan);
        }
        if (_sawEnd && _lingerUntil <= _turn)
        {
            _lane.WatchLog();
            if (!_feed.IsCaughtUp)
            {
                _lane.Signal.Set();
            }
        }
        await _lane.Signal.WaitAsync();
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
        Consider(_saveDue);
        Consider(_lane.Window.NextTick);
        Consider(_flights.NextDue(_turn));
        Consider(_lingerUntil);
        Consider(_lane.Pace.PausedUntil);
        Consider(_lane.Door.IsOpen ? null : _lane.Pace.OpenDue);
        Consider(_lane.Caller.State == BreakerState.Open ? _probeDue : null);
        return next;

        void Consider(TimeSpan? due)
        {
            if (due > _turn && !(due > next))
            {
                next = due;
            }
        }
    }

    // How far reading may run ahead of an event that is stuck; it bounds the ring, and what a crash can repeat.
    private static int TrackedMax(SinkTraits traits) =>
        (int)Math.Min(2L * (traits.WindowMax + 1) * traits.BatchEventsMax, 1 << 22);

    private ulong GroupsOf(EventBatch batch)
    {
        var groups = 0UL;
        for (var i = 0; i < batch.Count; i++)
        {
            groups |= _groups.GroupsOf(batch[i].Key);
        }
        return groups;
    }
}
