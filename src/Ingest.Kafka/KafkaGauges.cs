using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Ingest.Kafka;

/// <summary>Shows a sink's last statistics as observable gauges of the meter all of ours belong to. Tags: lane, broker number.</summary>
internal sealed class KafkaGauges : IDisposable
{
    private readonly Meter _meter = new(Instruments.MeterName);
    private readonly string _lane;
    private readonly ILogger _logger;

    // Written on the client's poll thread, read by any, Volatile.
    private ClientStatistics _last = ClientStatistics.None;

    internal KafkaGauges(string lane, ILogger logger)
    {
        (_lane, _logger) = (lane, logger);
        Show("ingest.kafka.queue.events", "{event}", "Events in the Kafka client's hands.", statistics => statistics.QueueEvents);
        Show("ingest.kafka.queue.bytes", "By", "Bytes in the Kafka client's hands.", statistics => statistics.QueueBytes);
        ShowBrokers("ingest.kafka.broker.up", "1", "1 while connected to the broker.", broker => broker.IsUp ? 1 : 0);
        ShowBrokers("ingest.kafka.broker.rtt", "s", "Mean time from request to answer.", broker => broker.RoundTripSeconds);
        ShowBrokers("ingest.kafka.broker.throttle", "s", "Mean time the broker held back answers.", broker => broker.ThrottleSeconds);
    }

    /// <summary>The last statistics.</summary>
    internal ClientStatistics Last => Volatile.Read(ref _last);

    /// <summary>Takes statistics as the client reports them. What cannot be read leaves the last ones. Any thread; never throws.</summary>
    internal void Read(string json)
    {
        try
        {
            Volatile.Write(ref _last, ClientStatistics.Parse(json));
        }
        catch (JsonException failure)
        {
            Log.StatisticsUnreadable(_logger, failure.Message);
        }
    }

    public void Dispose() => _meter.Dispose();

    private void Show(string name, string unit, string description, Func<ClientStatistics, long> value) =>
        _meter.CreateObservableGauge(name, () => new Measurement<long>(value(Last), LaneTag), unit, description);

    private void ShowBrokers(string name, string unit, string description, Func<BrokerStatistics, double> value) =>
        _meter.CreateObservableGauge(name, () => Last.Brokers.Select(broker => Measure(broker, value)), unit, description);

    private Measurement<double> Measure(BrokerStatistics broker, Func<BrokerStatistics, double> value) =>
        new(value(broker), LaneTag, new KeyValuePair<string, object?>("broker", broker.Node));

    private KeyValuePair<string, object?> LaneTag => new("lane", _lane);
}
