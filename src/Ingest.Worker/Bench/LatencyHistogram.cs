using System.Numerics;

namespace Ingest.Worker.Bench;

/// <summary>
/// Counts durations in buckets whose width is a 64th of their value: percentiles are right to 1.6 %, from a microsecond to hours, in a
/// fixed 18 KB. One thread; merged at the end. After Tene's HdrHistogram.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 6;
    private const int Sub = 1 << SubBits;

    private readonly long[] _counts = new long[(40 - SubBits) * Sub];

    /// <summary>How many were recorded.</summary>
    internal long Count { get; private set; }

    /// <summary>The longest.</summary>
    internal TimeSpan Longest { get; private set; }

    internal void Record(TimeSpan duration)
    {
        var micros = Math.Max(0, duration.Ticks / TimeSpan.TicksPerMicrosecond);
        _counts[Math.Min(Index(micros), _counts.Length - 1)]++;
        Count++;
        Longest = duration > Longest ? duration : Longest;
    }

    internal void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
        Count += other.Count;
        Longest = other.Longest > Longest ? other.Longest : Longest;
    }

    /// <summary>The duration that a share of all did not exceed, in milliseconds; 0 when there is none.</summary>
    /// <param name="share">0 to 1.</param>
    internal double Milliseconds(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        var seen = 0L;
        for (var i = 0; i < _counts.Length && Count > 0; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                return Math.Min(Upper(i) / 1000.0, Longest.TotalMilliseconds);
            }
        }
        return 0;
    }

    private static int Index(long value)
    {
        if (value < Sub)
        {
            return (int)value;
        }
        var shift = BitOperations.Log2((ulong)value) - SubBits;
        return ((shift + 1) << SubBits) + (int)((value >> shift) - Sub);
    }

    // The largest value that falls into a bucket.
    private static double Upper(int index)
    {
        var shift = (index >> SubBits) - 1;
        return shift < 0 ? index : ((((index & (Sub - 1)) + Sub + 1L) << shift) - 1);
    }
}
