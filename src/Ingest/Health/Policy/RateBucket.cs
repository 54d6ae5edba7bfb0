namespace Ingest.Health.Policy;

/// <summary>
/// A token bucket as one number: the moment at which everything taken so far has been paid for. A second's worth may be taken at once, and
/// a batch larger than that goes through when anything is left, in advance of what follows: large batches wait their turn but are never
/// locked out. Any thread, without a lock.
/// </summary>
internal sealed class RateBucket(double perSecond, TimeProvider time, RateBucket? before = null)
{
    private const double SecondsMax = 365 * 86_400;

    private readonly long _window = time.TimestampFrequency;

    // Timestamp; CompareExchange and Add only. A changed limit does not forget what was taken under the one before.
    private long _paidAt = before is null ? long.MinValue : Volatile.Read(ref before._paidAt);

    internal double PerSecond { get; } = perSecond;

    /// <summary>Takes <paramref name="events"/>. Zero: taken; else the seconds until something is left.</summary>
    internal double Take(int events)
    {
        var cost = Cost(events);
        while (true)
        {
            var now = time.GetTimestamp();
            var paidAt = Volatile.Read(ref _paidAt);
            var start = Math.Max(paidAt, now);
            if (start - now >= _window)
            {
                return (start - now - _window + 1) / (double)time.TimestampFrequency;
            }
            if (Interlocked.CompareExchange(ref _paidAt, start + cost, paidAt) == paidAt)
            {
                return 0;
            }
        }
    }

    /// <summary>Takes what belongs to a request that was let in already.</summary>
    internal void Charge(int events) => Interlocked.Add(ref _paidAt, Cost(events));

    /// <summary>Gives back what was taken for a request that another limit refused.</summary>
    internal void Return(int events) => Interlocked.Add(ref _paidAt, -Cost(events));

    // At least one unit of the clock, so that nothing is free of charge; at most a year, so that nothing overflows.
    private long Cost(int events) => Math.Max(1, (long)(Math.Min(events / PerSecond, SecondsMax) * time.TimestampFrequency));
}
