namespace Ingest.Health.Advice;

/// <summary>
/// How long a refused client should wait, in whole seconds for <c>Retry-After</c>: from what was measured, spread so that clients refused
/// together do not come back together. Any thread; no lock and no allocation.
/// </summary>
public sealed class RetryAdvice
{
    // The most that is added to an advice, as a share of it.
    private const double SpreadMax = 0.5;

    private readonly double _max;
    private readonly double[] _seconds = new double[Enum.GetValues<RefusalCode>().Length];
    private long _draws;

    /// <param name="max">The most a client is told to wait; at least one second.</param>
    /// <param name="random">Where the spread starts.</param>
    public RetryAdvice(TimeSpan max, Random random)
    {
        _max = Math.Max(1, Math.Floor(max.TotalSeconds));
        _draws = random.NextInt64();
        Array.Fill(_seconds, 1);
    }

    /// <summary>Whole seconds, at least 1.</summary>
    public int Seconds(RefusalCode code) => Spread(Volatile.Read(ref _seconds[(int)code]));

    /// <summary>Whole seconds, at least 1, for a wait that the caller knows itself.</summary>
    public int Spread(double seconds)
    {
        // A mixed counter instead of a shared Random: that would need a lock here.
        var mixed = (ulong)Interlocked.Add(ref _draws, unchecked((long)0x9E3779B97F4A7C15));
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        var share = ((mixed ^ (mixed >> 31)) >> 11) / (double)(1UL << 53);
        return (int)Math.Ceiling(Math.Clamp(Math.Max(1, seconds) * (1 + (SpreadMax * share)), 1, _max));
    }

    /// <summary>Sets what clients refused for this reason are told, before it is spread.</summary>
    internal void Set(RefusalCode code, double seconds) => Volatile.Write(ref _seconds[(int)code], seconds);
}
