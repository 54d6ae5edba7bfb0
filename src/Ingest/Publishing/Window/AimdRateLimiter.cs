using System.Threading.RateLimiting;

namespace Ingest.Publishing.Window;

/// <summary>
/// An <see cref="AimdWindow"/> as a <see cref="RateLimiter"/>: for anything that takes one, or that wants to find out how much at once
/// another side bears. A lease stands for one flight; say how it ended before disposing it.
/// </summary>
public sealed class AimdRateLimiter : RateLimiter
{
    private readonly Lock _lock = new();
    private readonly AimdWindow _window;
    private readonly AimdRateLimiterOptions _options;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly LinkedList<Waiter> _waiting = new();
    private long _granted;
    private long _refused;
    private long? _idleSince;
    private bool _disposed;

    /// <summary>Starts with a window of 1.</summary>
    public AimdRateLimiter(AimdRateLimiterOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.QueueLimit, nameof(options));
        (_options, _time) = (options, time);
        _window = new AimdWindow(options.Window);
        _began = time.GetTimestamp();
        _idleSince = _began;
    }

    /// <summary>Flights that may be under way at once.</summary>
    public int Limit
    {
        get
        {
            lock (_lock)
            {
                return _window.Limit;
            }
        }
    }

    /// <inheritdoc/>
    public override TimeSpan? IdleDuration
    {
        get
        {
            lock (_lock)
            {
                return _idleSince is { } since ? _time.GetElapsedTime(since) : null;
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_began);

    /// <inheritdoc/>
    public override RateLimiterStatistics GetStatistics()
    {
        lock (_lock)
        {
            return new RateLimiterStatistics
            {
                CurrentAvailablePermits = _window.CanDispatch ? Math.Max(_window.Limit - _window.InFlight, 0) : 0,
                CurrentQueuedCount = _waiting.Count,
                TotalSuccessfulLeases = _granted,
                TotalFailedLeases = _refused,
            };
        }
    }

    /// <inheritdoc/>
    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        ThrowUnlessOne(permitCount);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _window.Tick(Now);
            if (permitCount == 0)
            {
                return _window.CanDispatch ? AimdLease.Empty : AimdLease.Refused;
            }
            return _waiting.Count == 0 && _window.CanDispatch ? GrantNeedsLock() : RefuseNeedsLock();
        }
    }

    /// <inheritdoc/>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        ThrowUnlessOne(permitCount);
        Waiter waiter;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _window.Tick(Now);
            if (permitCount == 0 && _window.CanDispatch)
            {
                return new(AimdLease.Empty);
            }
            if (_waiting.Count == 0 && _window.CanDispatch)
            {
                return new(GrantNeedsLock());
            }
            if (_waiting.Count >= _options.QueueLimit)
            {
                return new(RefuseNeedsLock());
            }
            waiter = new Waiter(permitCount);
            waiter.Place = _waiting.AddLast(waiter);
        }
        return new(WaitAsync(waiter, cancellationToken));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var waiter in _waiting)
            {
                waiter.Granted.TrySetResult(AimdLease.Refused);
            }
            _waiting.Clear();
        }
        base.Dispose(disposing);
    }

    internal void Land(in AimdDispatch flight, AimdOutcome outcome)
    {
        lock (_lock)
        {
            switch (outcome)
            {
                case AimdOutcome.Succeeded:
                    _window.Succeeded(flight, Now);
                    break;
                case AimdOutcome.Congested:
                    _window.Congested(flight);
                    break;
                default:
                    _window.Ignored(flight);
                    break;
            }
            GrantWaitingNeedsLock();
            _idleSince = _window.InFlight == 0 ? _time.GetTimestamp() : null;
        }
    }

    private async Task<RateLimitLease> WaitAsync(Waiter waiter, CancellationToken cancel)
    {
        using var cancelled = cancel.UnsafeRegister(
            static (state, token) => ((Waiter)state!).Granted.TrySetCanceled(token), waiter);
        try
        {
            return await waiter.Granted.Task;
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (waiter.Place is { List: not null } place)
                {
                    _waiting.Remove(place);
                }
            }
            throw;
        }
    }

    private void GrantWaitingNeedsLock()
    {
        while (_waiting.First is { } first && _window.CanDispatch)
        {
            _waiting.RemoveFirst();
            var lease = first.Value.Permits == 0 ? AimdLease.Empty : GrantNeedsLock();
            if (!first.Value.Granted.TrySetResult(lease))
            {
                // Cancelled meanwhile: nobody is going to use the permit.
                lease.GiveBackNeedsLock(_window);
            }
        }
    }

    private AimdLease GrantNeedsLock()
    {
        _granted++;
        _idleSince = null;
        return new AimdLease(this, _window.Dispatch(Now), _options.Unreported);
    }

    private AimdLease RefuseNeedsLock()
    {
        _refused++;
        return AimdLease.Refused;
    }

    private static void ThrowUnlessOne(int permitCount)
    {
        if (permitCount > 1)
        {
            throw new ArgumentOutOfRangeException(nameof(permitCount), permitCount, "A lease stands for one flight.");
        }
    }

    private sealed class Waiter(int permits)
    {
        public int Permits { get; } = permits;

        public LinkedListNode<Waiter>? Place { get; set; }

        public TaskCompletionSource<RateLimitLease> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
