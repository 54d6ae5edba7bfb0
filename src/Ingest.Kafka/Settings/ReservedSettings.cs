using System.Collections.Frozen;

namespace Ingest.Kafka;

/// <summary>Client settings that <see cref="KafkaOptions.Options"/> may not carry, each with its reason.</summary>
internal static class ReservedSettings
{
    private const string OwnRetries = "an event may wait as long as it takes: the log is the queue, and the client must not give up";
    private const string OwnDurability = "a delivered event is one that all in-sync replicas have";
    private const string OwnIdempotence = "without it a retry duplicates and reorders events";
    private const string OwnReports = "delivery reports are what settles events";
    private const string OwnTransactions = "transactions have settings of their own here, Delivery and TransactionTimeout";

    private static readonly FrozenDictionary<string, string> Reasons = new Dictionary<string, string>
    {
        ["message.timeout.ms"] = OwnRetries,
        ["delivery.timeout.ms"] = OwnRetries,
        ["retries"] = OwnRetries,
        ["message.send.max.retries"] = OwnRetries,
        ["acks"] = OwnDurability,
        ["request.required.acks"] = OwnDurability,
        ["enable.idempotence"] = OwnIdempotence,
        ["enable.gapless.guarantee"] = "without it the client carries on behind a refused batch, and what is sent again comes too late",
        ["queuing.strategy"] = "lifo sends new events before old ones",
        ["delivery.report.only.error"] = OwnReports,
        ["dotnet.producer.enable.delivery.reports"] = OwnReports,
        ["dotnet.producer.enable.background.poll"] = OwnReports,
        ["dotnet.producer.delivery.report.fields"] = OwnReports,
        ["transactional.id"] = OwnTransactions,
        ["transaction.timeout.ms"] = OwnTransactions,
        ["bootstrap.servers"] = Named(nameof(KafkaOptions.BootstrapServers)),
        ["metadata.broker.list"] = Named(nameof(KafkaOptions.BootstrapServers)),
        ["client.id"] = Named(nameof(KafkaOptions.ClientId)),
        ["security.protocol"] = Named(nameof(KafkaOptions.SecurityProtocol)),
        ["sasl.mechanism"] = Named(nameof(KafkaOptions.SaslMechanism)),
        ["sasl.mechanisms"] = Named(nameof(KafkaOptions.SaslMechanism)),
        ["sasl.username"] = Named(nameof(KafkaOptions.SaslUsername)),
        ["sasl.password"] = Named(nameof(KafkaOptions.SaslPassword)),
        ["ssl.ca.location"] = Named(nameof(KafkaOptions.SslCaLocation)),
        ["ssl.certificate.location"] = Named(nameof(KafkaOptions.SslCertificateLocation)),
        ["ssl.key.location"] = Named(nameof(KafkaOptions.SslKeyLocation)),
        ["ssl.key.password"] = Named(nameof(KafkaOptions.SslKeyPassword)),
        ["compression.type"] = Named(nameof(KafkaOptions.Compression)),
        ["compression.codec"] = Named(nameof(KafkaOptions.Compression)),
        ["linger.ms"] = Named(nameof(KafkaOptions.Linger)),
        ["queue.buffering.max.ms"] = Named(nameof(KafkaOptions.Linger)),
        ["message.max.bytes"] = Named(nameof(KafkaOptions.MessageBytesMax)),
        ["queue.buffering.max.kbytes"] = Named(nameof(KafkaOptions.QueueBytesMax)),
        ["queue.buffering.max.messages"] = Named(nameof(KafkaOptions.QueueEventsMax)),
        ["max.in.flight"] = Named(nameof(KafkaOptions.RequestsInFlightMax)),
        ["max.in.flight.requests.per.connection"] = Named(nameof(KafkaOptions.RequestsInFlightMax)),
        ["request.timeout.ms"] = Named(nameof(KafkaOptions.RequestTimeout)),
        ["socket.timeout.ms"] = Named(nameof(KafkaOptions.RequestTimeout)),
        ["topic.metadata.propagation.max.ms"] = Named(nameof(KafkaOptions.TopicWait)),
        ["statistics.interval.ms"] = Named(nameof(KafkaOptions.StatisticsInterval)),
        ["test.mock.num.brokers"] = "events sent to a make-believe cluster are lost",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Null, or why this setting is refused.</summary>
    internal static string? ReasonAgainst(string name, string value) =>
        name == "partitioner" && value == "random"
            ? "events with one key would be spread over partitions and lose their order"
            : Reasons.GetValueOrDefault(name);

    private static string Named(string option) => $"it has a setting of its own here, {option}";
}
