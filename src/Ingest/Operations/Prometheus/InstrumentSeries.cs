using System.Diagnostics.Metrics;

namespace Ingest.Operations.Prometheus;

/// <summary>An instrument that is listened to, and all its sets of tags.</summary>
internal sealed class InstrumentSeries
{
    // OpenTelemetry's, where the instrument says nothing: one row for seconds, one for everything else.
    private static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    private static readonly double[] Others = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    private readonly int _seriesMax;
    private readonly Func<Aggregate> _create;

    // Any thread, Volatile: an observed instrument gets a new table with each collection, so that what is gone is gone.
    private SeriesTable _table;

    internal InstrumentSeries(Instrument instrument, int seriesMax)
    {
        _seriesMax = seriesMax;
        Instrument = instrument;
        Type = TypeOf(instrument);
        Family = MetricName.Family(instrument.Name, instrument.Unit, Type == FamilyType.Gauge && !IsUpDown(instrument));
        Unit = MetricName.Unit(instrument.Unit, Type == FamilyType.Gauge && !IsUpDown(instrument));
        _create = Type switch
        {
            FamilyType.Histogram when Boundaries(instrument) is var boundaries => () => new HistogramAggregate(boundaries),
            _ when instrument.IsObservable || IsGauge(instrument) => () => new LastAggregate(),
            _ => () => new SumAggregate(),
        };
        _table = new SeriesTable(seriesMax, _create);
    }

    internal Instrument Instrument { get; }

    internal FamilyType Type { get; }

    /// <summary>The instrument's name, without <c>_total</c>.</summary>
    internal string Family { get; }

    /// <summary>The instrument's unit in words, empty for none.</summary>
    internal string Unit { get; }

    internal IReadOnlyList<Series> Series => Volatile.Read(ref _table).Series;

    internal void Record(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        Volatile.Read(ref _table).Find(tags).Record(value);

    internal void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        Volatile.Read(ref _table).Find(tags).Record(value);

    /// <summary>Before observed instruments are asked anew.</summary>
    internal void Forget()
    {
        if (Instrument.IsObservable)
        {
            Volatile.Write(ref _table, new SeriesTable(_seriesMax, _create));
        }
    }

    private static FamilyType TypeOf(Instrument instrument) => Definition(instrument) switch
    {
        var type when type == typeof(Histogram<>) => FamilyType.Histogram,
        var type when type == typeof(Counter<>) || type == typeof(ObservableCounter<>) => FamilyType.Counter,
        _ => FamilyType.Gauge,
    };

    private static bool IsGauge(Instrument instrument) => Definition(instrument) == typeof(Gauge<>);

    private static bool IsUpDown(Instrument instrument) =>
        Definition(instrument) is var type && (type == typeof(UpDownCounter<>) || type == typeof(ObservableUpDownCounter<>));

    private static Type? Definition(Instrument instrument)
    {
        var type = instrument.GetType();
        return type.IsGenericType ? type.GetGenericTypeDefinition() : null;
    }

    private static double[] Boundaries(Instrument instrument)
    {
        double[]? advised = instrument switch
        {
            Histogram<double> histogram => histogram.Advice?.HistogramBucketBoundaries?.ToArray(),
            Histogram<long> histogram => [.. histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound) ?? []],
            Histogram<int> histogram => [.. histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound) ?? []],
            Histogram<float> histogram => [.. histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound) ?? []],
            _ => null,
        };
        return advised is { Length: > 0 } ? advised : instrument.Unit == "s" ? Seconds : Others;
    }
}
