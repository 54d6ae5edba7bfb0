namespace Ingest.Operations.Prometheus;

/// <summary>A counter: whole numbers and fractions are kept apart, so that counting stays exact and one instruction.</summary>
internal sealed class SumAggregate : Aggregate
{
    private long _whole;
    private double _fraction;

    internal long Whole => Interlocked.Read(ref _whole);

    internal double Fraction => Volatile.Read(ref _fraction);

    internal override void Record(long value) => Interlocked.Add(ref _whole, value);

    internal override void Record(double value) => Add(ref _fraction, value);
}
