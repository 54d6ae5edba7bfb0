namespace Ingest.Publishing.Breaker;

/// <summary>
/// The breaker's clock. Polly's breaker reads wall time, which may jump; this one runs on the monotonic timestamp, and can be moved forward
/// to end a pause early.
/// </summary>
internal sealed class BreakerClock(TimeProvider time) : TimeProvider
{
    private readonly DateTimeOffset _origin = time.GetUtcNow();
    private readonly long _start = time.GetTimestamp();
    private long _skippedTicks;

    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _origin + time.GetElapsedTime(_start) + new TimeSpan(Interlocked.Read(ref _skippedTicks));

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(callback, state, dueTime, period);

    internal void Skip(TimeSpan by) => Interlocked.Add(ref _skippedTicks, by.Ticks);
}
