using Ingest.Operations.Prometheus;

namespace Ingest.Operations.History;

/// <summary>
/// What a histogram counted since it was last looked at: percentiles from its buckets, which double, with a straight line within one.
/// </summary>
internal sealed class BucketWindow
{
    private long[] _before = [];
    private long[] _now = [];
    private double[] _boundaries = [];

    /// <summary>Takes the counts of all sets of tags together.</summary>
    internal void Observe(IEnumerable<HistogramAggregate> aggregates)
    {
        (_before, _now) = (_now, []);
        foreach (var aggregate in aggregates)
        {
            if (_now.Length == 0)
            {
                _boundaries = aggregate.Boundaries.ToArray();
                _now = new long[_boundaries.Length + 1];
            }
            for (var i = 0; i < _now.Length; i++)
            {
                _now[i] += aggregate.Count(i);
            }
        }
    }

    /// <summary>The value below which a share lies; not a number when nothing was counted.</summary>
    /// <param name="share">Above 0, at most 1.</param>
    internal double Percentile(double share)
    {
        var counts = _now.Select((count, i) => count - (i < _before.Length ? _before[i] : 0)).ToArray();
        var total = counts.Sum();
        var wanted = share * total;
        var seen = 0L;
        for (var i = 0; total > 0 && i < counts.Length; i++)
        {
            if (counts[i] > 0 && seen + counts[i] >= wanted)
            {
                var low = i == 0 ? 0 : _boundaries[i - 1];
                var high = i < _boundaries.Length ? _boundaries[i] : low;
                return low + ((high - low) * (wanted - seen) / counts[i]);
            }
            seen += counts[i];
        }
        return double.NaN;
    }
}
