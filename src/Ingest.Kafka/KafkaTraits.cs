using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>What a lane may expect of a Kafka sink, in whichever way it delivers.</summary>
internal static class KafkaTraits
{
    /// <summary>The traits under valid options, with the client that is loaded.</summary>
    internal static SinkTraits Of(KafkaOptions options) => new()
    {
        BatchBytesMax = options.BatchBytesMax,
        BatchEventsMax = options.BatchEventsMax,
        WindowMax = options.WindowMax,
        KeepsKeyOrder = true,
        Client = Librdkafka.Build?.ToString() ?? "",
    };
}
