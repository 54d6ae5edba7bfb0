namespace Ingest.Operations.Prometheus;

/// <summary>A gauge, or a counter that is counted elsewhere: the last value stands.</summary>
internal sealed class LastAggregate : Aggregate
{
    private double _value;

    internal double Value => Volatile.Read(ref _value);

    internal override void Record(long value) => Volatile.Write(ref _value, value);

    internal override void Record(double value) => Volatile.Write(ref _value, value);
}
