namespace Ingest.Simulation.Node;

/// <summary>
/// A clock that the simulation moves. Its monotonic time only grows; its wall time may be set to anything, as an administrator does. As the
/// system's timers do, these drop what is below a millisecond, and a callback that is on its way is called although the timer was changed.
/// </summary>
internal sealed class SimulatedClock : TimeProvider
{
    private static readonly DateTimeOffset Began = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(Timer Timer, int Version), (long Due, long Order)> _due = new();
    private long _now;
    private long _order;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Time since the simulation began.</summary>
    internal TimeSpan Now => new(_now);

    /// <summary>How far the wall clock is off.</summary>
    internal TimeSpan WallOffset { get; set; }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Began + Now + WallOffset;

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Calls <paramref name="action"/> once after a time.</summary>
    internal void After(TimeSpan delay, Action action) =>
        CreateTimer(static action => ((Action)action!)(), action, delay, Timeout.InfiniteTimeSpan);

    /// <summary>Lets a little time pass.</summary>
    internal void Tick(TimeSpan by) => _now += by.Ticks;

    /// <summary>Moves to the next moment at which a timer is due. False: there is none.</summary>
    internal bool MoveToNext()
    {
        DropStale();
        if (!_due.TryPeek(out _, out var next))
        {
            return false;
        }
        _now = Math.Max(_now, next.Due);
        return true;
    }

    /// <summary>Takes the callbacks that are due by now.</summary>
    internal void TakeDue(List<object> into)
    {
        DropStale();
        while (_due.TryPeek(out var entry, out var at) && at.Due <= _now)
        {
            _due.Dequeue();
            into.Add(entry.Timer.Fired());
            DropStale();
        }
    }

    /// <summary>The process is gone, and its timers with it.</summary>
    internal void Forget() => _due.Clear();

    private void DropStale()
    {
        while (_due.TryPeek(out var entry, out _) && entry.Version != entry.Timer.Version)
        {
            _due.Dequeue();
        }
    }

    private sealed class Timer(SimulatedClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private bool _disposed;

        internal int Version { get; private set; }

        internal Action Fired()
        {
            Version++;
            if (_period > TimeSpan.Zero)
            {
                Arm(_period);
            }
            return () =>
            {
                if (!_disposed)
                {
                    callback(state);
                }
            };
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed)
            {
                return false;
            }
            Version++;
            _period = period;
            if (dueTime >= TimeSpan.Zero)
            {
                Arm(dueTime);
            }
            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            Version++;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(TimeSpan delay)
        {
            var due = clock._now + ((long)delay.TotalMilliseconds * TimeSpan.TicksPerMillisecond);
            clock._due.Enqueue((this, Version), (due, clock._order++));
        }
    }
}
