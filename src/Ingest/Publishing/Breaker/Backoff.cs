namespace Ingest.Publishing.Breaker;

/// <summary>Waits between retries: doubling up to a cap, the upper half of it at random, so that many clients do not return
/// together.</summary>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Random random)
{
    private const int DoublingsMax = 30;

    /// <summary>The wait after failure number <paramref name="failures"/>, counted from 1.</summary>
    internal TimeSpan After(int failures)
    {
        var doublings = Math.Clamp(failures - 1, 0, DoublingsMax);
        var whole = Math.Min(min.TotalMilliseconds * (1L << doublings), Math.Max(max.TotalMilliseconds, min.TotalMilliseconds));
        return TimeSpan.FromMilliseconds((whole / 2) + (random.NextDouble() * whole / 2));
    }
}
