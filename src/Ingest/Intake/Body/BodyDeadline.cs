using System.Collections.Concurrent;
using System.IO.Pipelines;

namespace Ingest.Intake.Body;

/// <summary>
/// Ends the reading of a body that takes too long, by cancelling the pending read. Pooled with its timer: armed for most bodies that do not
/// arrive in one piece.
/// </summary>
internal sealed class BodyDeadline
{
    private const int PooledMax = 1024;

    private static readonly ConcurrentQueue<BodyDeadline> Pool = new();

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    // Under the lock. The timer runs on when a body has arrived, and finds no reader or a later due time: setting it for each body
    // contends for the process's timers, and over HTTP/2 a third of all bodies come behind their request.
    private PipeReader? _reader;
    private TimeSpan _limit;
    private long _armed;

    // The longest that is left until the timer fires; null while it does not run.
    private TimeSpan? _running;

    private BodyDeadline(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((BodyDeadline)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal static BodyDeadline Arm(PipeReader reader, TimeSpan limit, TimeProvider time)
    {
        if (!Pool.TryDequeue(out var deadline) || deadline._time != time)
        {
            deadline = new BodyDeadline(time);
        }
        lock (deadline._lock)
        {
            (deadline._reader, deadline._limit, deadline._armed) = (reader, limit, time.GetTimestamp());
            if (deadline._running is not { } running || limit < running)
            {
                deadline.Run(limit);
            }
        }
        return deadline;
    }

    /// <summary>The body arrived or its reading ended otherwise: nothing is cancelled from here on.</summary>
    internal void Disarm()
    {
        lock (_lock)
        {
            _reader = null;
        }
        if (Pool.Count < PooledMax)
        {
            Pool.Enqueue(this);
        }
        else
        {
            _timer.Dispose();
        }
    }

    private void Fire()
    {
        lock (_lock)
        {
            _running = null;
            if (_reader is null)
            {
                return;
            }
            var left = _limit - _time.GetElapsedTime(_armed);
            if (left > TimeSpan.Zero)
            {
                Run(left);
                return;
            }
            _reader.CancelPendingRead();
        }
    }

    private void Run(TimeSpan left)
    {
        _running = left;
        _timer.Change(left, Timeout.InfiniteTimeSpan);
    }
}
