using System.Threading.RateLimiting;

namespace Ingest.Intake.Keys;

/// <summary>
/// A token bucket that lends: whoever finds a token in it takes as many as he needs, and the next one waits until the debt is paid off. So
/// a batch of any size passes when its time has come, the mean rate holds, and the time to wait is known exactly: one that asks again then
/// succeeds. Any thread.
/// </summary>
/// <remarks>
/// The framework's own token bucket refuses for ever what is larger than its burst, and reads a clock of its own. This one is a
/// <see cref="RateLimiter"/> too, to be combined like any other.
/// </remarks>
internal sealed class DebtBucket : RateLimiter
{
    // So that who waited exactly as long as he was told finds his token.
    private const double Rounding = 1e-6;

    private static readonly Lease Granted = new(isAcquired: true, TimeSpan.Zero);

    private readonly Lock _lock = new();
    private readonly double _perSecond;
    private readonly double _burst;
    private readonly TimeProvider _time;
    private double _level;
    private long _filled;

    /// <param name="perSecond">Tokens that flow in; more than 0.</param>
    /// <param name="burst">Tokens it holds when full, as it is at first; at least 1.</param>
    /// <param name="time">The clock.</param>
    internal DebtBucket(double perSecond, double burst, TimeProvider time)
    {
        (_perSecond, _burst, _time) = (perSecond, Math.Max(burst, 1), time);
        (_level, _filled) = (_burst, time.GetTimestamp());
    }

    public override TimeSpan? IdleDuration => null;

    /// <summary>Zero when there is a token; else how long until there is one.</summary>
    internal TimeSpan Wait
    {
        get
        {
            lock (_lock)
            {
                return WaitNeedsLock();
            }
        }
    }

    /// <summary>Takes tokens, whether there are any or not.</summary>
    internal void Charge(long tokens)
    {
        lock (_lock)
        {
            FillNeedsLock();
            _level -= tokens;
        }
    }

    public override RateLimiterStatistics GetStatistics()
    {
        lock (_lock)
        {
            FillNeedsLock();
            return new RateLimiterStatistics { CurrentAvailablePermits = (long)Math.Max(_level, 0) };
        }
    }

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (_lock)
        {
            var wait = WaitNeedsLock();
            if (wait > TimeSpan.Zero)
            {
                return new Lease(isAcquired: false, wait);
            }
            _level -= permitCount;
            return Granted;
        }
    }

    /// <summary>Does not wait: a producer that is refused comes back by itself.</summary>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AttemptAcquireCore(permitCount));

    private TimeSpan WaitNeedsLock()
    {
        FillNeedsLock();
        return _level >= 1 - Rounding ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _level) / _perSecond);
    }

    private void FillNeedsLock()
    {
        var now = _time.GetTimestamp();
        _level = Math.Min(_burst, _level + (_time.GetElapsedTime(_filled, now).TotalSeconds * _perSecond));
        _filled = now;
    }

    private sealed class Lease(bool isAcquired, TimeSpan wait) : RateLimitLease
    {
        public override bool IsAcquired => isAcquired;

        public override IEnumerable<string> MetadataNames => isAcquired ? [] : [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            var known = !isAcquired && metadataName == MetadataName.RetryAfter.Name;
            metadata = known ? wait : null;
            return known;
        }
    }
}
