namespace Ingest.Operations.Prometheus;

/// <summary>What the measurements of one set of tags add up to. Recorded by any thread, read by the one that collects.</summary>
internal abstract class Aggregate
{
    internal abstract void Record(long value);

    internal abstract void Record(double value);

    /// <summary>Adds to a floating-point number that others add to as well.</summary>
    protected static void Add(ref double target, double value)
    {
        var seen = Volatile.Read(ref target);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref target, seen + value, seen);
            // Compared as bits, so that a sum that has become NaN ends the loop too.
            if (BitConverter.DoubleToInt64Bits(before) == BitConverter.DoubleToInt64Bits(seen))
            {
                return;
            }
            seen = before;
        }
    }
}
