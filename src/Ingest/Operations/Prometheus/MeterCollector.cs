using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Ingest.Operations.Prometheus;

/// <summary>
/// Listens to the instruments of our own meter and of the meters named in the settings. Recording is called on the threads that do the
/// work, tens of thousands of times a second: it finds its series without a lock and adds.
/// </summary>
internal sealed class MeterCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Meter _own;
    private readonly object? _scope;
    private readonly MetricsOptions _options;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();

    // Under the lock.
    private readonly List<InstrumentSeries> _instruments = [];

    /// <param name="own">Our meter: this very object, for a process may hold several nodes.</param>
    /// <param name="scope">The meter factory of the host: meters of other hosts' factories are not ours to show. Null: any.</param>
    /// <param name="options">What else to listen to.</param>
    /// <param name="logger">For observed instruments that fail.</param>
    internal MeterCollector(Meter own, object? scope, MetricsOptions options, ILogger logger)
    {
        (_own, _scope, _options, _logger) = (own, scope, options, logger);
        _listener.InstrumentPublished = Publish;
        _listener.MeasurementsCompleted = (_, state) => Remove(state as InstrumentSeries);
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Of(state).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Of(state).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Of(state).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Of(state).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Of(state).Record((double)value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Of(state).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => Of(state).Record((double)value, tags));
        _listener.Start();
    }

    /// <summary>Asks the observed instruments and returns all. One caller at a time.</summary>
    internal IReadOnlyList<InstrumentSeries> Collect()
    {
        List<InstrumentSeries> all;
        lock (_lock)
        {
            all = [.. _instruments];
        }
        all.ForEach(instrument => instrument.Forget());
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException e)
        {
            // Those that could be read were: a scrape without one instrument is better than none.
            Log.ObservationFailed(_logger, e.InnerExceptions[0].Message);
        }
        return all;
    }

    /// <summary>What was recorded of an instrument, without asking any. Any thread.</summary>
    internal IReadOnlyList<Series> Read(Instrument instrument)
    {
        lock (_lock)
        {
            return _instruments.Find(series => ReferenceEquals(series.Instrument, instrument))?.Series ?? [];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static InstrumentSeries Of(object? state) => (InstrumentSeries)state!;

    private void Publish(Instrument instrument, MeterListener listener)
    {
        if (!IsWanted(instrument.Meter))
        {
            return;
        }
        var series = new InstrumentSeries(instrument, _options.SeriesMax);
        lock (_lock)
        {
            _instruments.Add(series);
        }
        listener.EnableMeasurementEvents(instrument, series);
    }

    private bool IsWanted(Meter meter) =>
        ReferenceEquals(meter, _own)
        || (meter.Name != _own.Name
            && _options.Meters.Contains(meter.Name, StringComparer.Ordinal)
            && (_scope is null || meter.Scope is null || ReferenceEquals(meter.Scope, _scope)));

    private void Remove(InstrumentSeries? series)
    {
        if (series is not null)
        {
            lock (_lock)
            {
                _instruments.Remove(series);
            }
        }
    }
}
