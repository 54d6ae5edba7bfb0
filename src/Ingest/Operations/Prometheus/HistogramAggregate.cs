namespace Ingest.Operations.Prometheus;

/// <summary>
/// Counts by bucket and a sum. The sum may be ahead of or behind the counts by what is being recorded at the moment of reading; the count
/// shown is the sum of the buckets read, so the buckets never contradict it.
/// </summary>
internal sealed class HistogramAggregate(double[] boundaries) : Aggregate
{
    private readonly long[] _counts = new long[boundaries.Length + 1];
    private readonly Exemplar?[] _exemplars = new Exemplar?[boundaries.Length + 1];
    private double _sum;

    internal ReadOnlySpan<double> Boundaries => boundaries;

    internal double Sum => Volatile.Read(ref _sum);

    internal override void Record(long value) => Record((double)value);

    internal override void Record(double value)
    {
        if (!double.IsFinite(value))
        {
            return;
        }
        var bucket = Bucket(value);
        Interlocked.Increment(ref _counts[bucket]);
        if (Exemplar.OfCurrent(value) is { } exemplar)
        {
            Volatile.Write(ref _exemplars[bucket], exemplar);
        }
        Add(ref _sum, value);
    }

    /// <summary>The count of bucket <paramref name="index"/> alone; the last one has no upper boundary.</summary>
    internal long Count(int index) => Interlocked.Read(ref _counts[index]);

    /// <summary>The last measurement of bucket <paramref name="index"/> whose trace is recorded; null for none.</summary>
    internal Exemplar? ExemplarOf(int index) => Volatile.Read(ref _exemplars[index]);

    // The first bucket whose boundary is not below the value.
    private int Bucket(double value)
    {
        int low = 0, high = boundaries.Length;
        while (low < high)
        {
            var middle = (int)((uint)(low + high) >> 1);
            if (boundaries[middle] < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low;
    }
}
