using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Kafka;

/// <summary>Settings of a Kafka sink, section <c>Sinks:NAME</c>. docs/kafka.md explains them with examples.</summary>
public sealed class KafkaOptions : IValidatableObject
{
    /// <summary>Where Java's producers and stream processors put a key.</summary>
    internal const string JavaPartitioner = "murmur2_random";

    // All that keep the events of a key together.
    private static readonly string[] Partitioners =
        [JavaPartitioner, "murmur2", "consistent_random", "consistent", "fnv1a_random", "fnv1a"];

    private static readonly string[] Compressions = ["none", "gzip", "snappy", "lz4", "zstd"];

    /// <summary>Brokers to learn the cluster from, <c>host:port</c>, separated by commas. Required.</summary>
    [Description("Brokers to learn the cluster from: host:port,host:port. Required.")]
    public string BootstrapServers { get; set; } = "";

    /// <summary>Topic of an event; <c>{stream}</c> stands for its stream. Default <c>{stream}</c>. The result has at most 249 of
    /// <c>A-Za-z0-9._-</c>.</summary>
    [Description("Topic of an event; {stream} stands for its stream.")]
    public string Topic { get; set; } = TopicTemplate.StreamPlaceholder;

    /// <summary>
    /// Topics with an internal name that may be written to all the same. Kafka and the services around it keep their own state in topics
    /// that begin with <c>_</c> (<c>__consumer_offsets</c>, <c>_schemas</c>), and producers choose the names of streams. Default: none;
    /// an event for another such topic goes to the dead letters.
    /// </summary>
    [Description("Topics that begin with _ and may be written to all the same; events for others of them go to the dead letters.")]
    public IReadOnlyList<string> InternalTopics { get; set; } = [];

    /// <summary>Name the brokers see in their logs and quotas. Default <c>ingest</c>.</summary>
    [Description("Name the brokers see in their logs and quotas.")]
    public string ClientId { get; set; } = "ingest";

    /// <summary>
    /// What is promised of repeats. Default <see cref="KafkaDelivery.Idempotent"/>: a crash may deliver events again. With
    /// <see cref="KafkaDelivery.Transactions"/> readers of committed messages (<c>isolation.level=read_committed</c>) see each event once.
    /// </summary>
    [Description("Idempotent: a crash may deliver events again. Transactions: readers of committed messages see each event once.")]
    public KafkaDelivery Delivery { get; set; } = KafkaDelivery.Idempotent;

    /// <summary>
    /// How long a transaction is open at most while brokers answer in their usual time: readers of committed messages wait as long. Default
    /// 100 ms; 10 ms to 10 s.
    /// </summary>
    [Description("How long a transaction is open at most while brokers answer in their usual time; readers wait as long.")]
    [Range(typeof(TimeSpan), "00:00:00.01", "00:00:10")]
    public TimeSpan TransactionTime { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// When brokers abort a transaction of a node that is gone (<c>transaction.timeout.ms</c>). Default 30 s; 7 s to 15 min, longer than
    /// <see cref="RequestTimeout"/> by 6 s.
    /// </summary>
    [Description("When brokers abort a transaction of a node that is gone; longer than RequestTimeout by 6 s.")]
    [Range(typeof(TimeSpan), "00:00:07", "00:15:00")]
    public TimeSpan TransactionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Topic under which the lane's progress is committed as an offset. Nothing is ever written to it, but it must exist. Default
    /// <c>ingest-progress</c>.
    /// </summary>
    [Description("Topic under which a lane's progress is committed as an offset. Nothing is written to it, but it must exist.")]
    public string ProgressTopic { get; set; } = "ingest-progress";

    /// <summary>
    /// What puts a key on a partition, by librdkafka's name: <c>murmur2_random</c> as Java's producers and stream processors do, so that
    /// topics can be joined by key; <c>consistent_random</c> as librdkafka does by default; <c>fnv1a_random</c> as Go's Sarama does. The
    /// same without <c>_random</c>: events without a key all go to one partition. Default <c>murmur2_random</c>.
    /// </summary>
    [Description("What puts a key on a partition: murmur2_random as Java does, consistent_random as librdkafka does, or fnv1a_random.")]
    public string Partitioner { get; set; } = JavaPartitioner;

    /// <summary>How CloudEvents envelopes travel. Default <see cref="CloudEventsMode.Structured"/>.</summary>
    [Description("How CloudEvents envelopes travel: Structured (as they came) or Binary (ce_ headers).")]
    public CloudEventsMode CloudEvents { get; set; } = CloudEventsMode.Structured;

    /// <summary><c>plaintext</c>, <c>ssl</c>, <c>sasl_plaintext</c> or <c>sasl_ssl</c>. Default <c>plaintext</c>.</summary>
    [Description("plaintext, ssl, sasl_plaintext or sasl_ssl.")]
    public string SecurityProtocol { get; set; } = "plaintext";

    /// <summary><c>PLAIN</c>, <c>SCRAM-SHA-256</c>, <c>SCRAM-SHA-512</c>, <c>GSSAPI</c> or <c>OAUTHBEARER</c>. Default: none.</summary>
    [Description("PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI or OAUTHBEARER.")]
    public string? SaslMechanism { get; set; }

    /// <summary>User for PLAIN and SCRAM.</summary>
    [Description("User for PLAIN and SCRAM.")]
    public string? SaslUsername { get; set; }

    /// <summary>Password for PLAIN and SCRAM. Better from the environment than from a file.</summary>
    [Description("Password for PLAIN and SCRAM.")]
    public string? SaslPassword { get; set; }

    /// <summary>File or directory of the authorities that sign the brokers' certificates. Default: the system's.</summary>
    [Description("File or directory of the authorities that sign the brokers' certificates.")]
    public string? SslCaLocation { get; set; }

    /// <summary>The client's certificate, PEM.</summary>
    [Description("The client's certificate, PEM.")]
    public string? SslCertificateLocation { get; set; }

    /// <summary>The client's private key, PEM.</summary>
    [Description("The client's private key, PEM.")]
    public string? SslKeyLocation { get; set; }

    /// <summary>Password of the client's private key.</summary>
    [Description("Password of the client's private key.")]
    public string? SslKeyPassword { get; set; }

    /// <summary><c>none</c>, <c>gzip</c>, <c>snappy</c>, <c>lz4</c> or <c>zstd</c>. Default <c>none</c>.</summary>
    [Description("none, gzip, snappy, lz4 or zstd.")]
    public string Compression { get; set; } = "none";

    /// <summary>How long the client waits for a fuller batch. Default 5 ms; 0 to 1 s.</summary>
    [Description("How long the client waits for a fuller batch.")]
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Largest message, with key and headers, in bytes; a larger event is rejected to the dead letters. Default 1,048,588, the brokers' own
    /// default; 1,000 to 100,000,000.
    /// </summary>
    [Description("Largest message in bytes, with key and headers; larger events go to the dead letters.")]
    [Range(1_000, 100_000_000)]
    public int MessageBytesMax { get; set; } = 1_048_588;

    /// <summary>Most bytes waiting in the client. Default 64 MiB; 2 MiB to 1 GiB, and at least twice the largest message.</summary>
    [Description("Most bytes of payloads waiting in the client; keys, headers and 200 B an event come on top.")]
    [Range(2 * 1024 * 1024, 1024 * 1024 * 1024)]
    public int QueueBytesMax { get; set; } = 64 * 1024 * 1024;

    /// <summary>Most events waiting in the client. Default 200,000; 1,000 to 10,000,000.</summary>
    [Description("Most events waiting in the client.")]
    [Range(1_000, 10_000_000)]
    public int QueueEventsMax { get; set; } = 200_000;

    /// <summary>
    /// Produce requests on the way to one broker at once. Default 1, which keeps the order of keys whatever a broker answers; 1 to 5. More
    /// is faster over long distances and can reorder when a broker refuses the first request of a new producer (docs/kafka.md).
    /// </summary>
    [Description("Produce requests on the way to one broker at once; more than 1 can reorder when a broker refuses a batch.")]
    [Range(1, 5)]
    public int RequestsInFlightMax { get; set; } = 1;

    /// <summary>Batches the lane may have in flight. Default 16; 1 to 64.</summary>
    [Description("Batches the lane may have in flight.")]
    [Range(1, 64)]
    public int WindowMax { get; set; } = 16;

    /// <summary>Most bytes of a lane's batch. Default 1 MiB; 16 KiB to 16 MiB.</summary>
    [Description("Most bytes of a lane's batch.")]
    [Range(16 * 1024, 16 * 1024 * 1024)]
    public int BatchBytesMax { get; set; } = 1024 * 1024;

    /// <summary>Most events of a lane's batch. Default 10,000; 1 to 100,000.</summary>
    [Description("Most events of a lane's batch.")]
    [Range(1, 100_000)]
    public int BatchEventsMax { get; set; } = 10_000;

    /// <summary>How long a broker may take to answer a request before the connection is given up. Default 15 s; 1 s to 5 min.</summary>
    [Description("How long a broker may take to answer before the connection is given up.")]
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a topic may stay unknown, for one that is just being created. Default 10 s; 0 to 5 min.</summary>
    [Description("How long a topic may stay unknown before the lane is blocked.")]
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan TopicWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long opening waits for a broker to answer. Default 10 s; 100 ms to 5 min.</summary>
    [Description("How long opening waits for a broker to answer.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan OpenTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long closing a producer may take before it is left to end by itself. Default 5 s; 100 ms to 1 min.</summary>
    [Description("How long closing a producer may take.")]
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the client's own figures (round trip, throttling, queue) are read; 0 never. Default 5 s; 0 to 1 h.</summary>
    [Description("How often the client's own figures are read; 0 never.")]
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan StatisticsInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Anything else librdkafka knows, by its own name (<c>Sinks:Kafka:Options:socket.keepalive.enable=true</c>). Settings that would
    /// break a promise are refused with the reason. Durations and sizes take the node's units (<c>10s</c>, <c>512KiB</c>) and are
    /// converted
    /// to the option's own.
    /// </summary>
    [Description("Anything else librdkafka knows, by its own name; durations and sizes with units (10s, 512KiB) or in the option's own.")]
    public IDictionary<string, string> Options { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What several settings together must be, and what ranges cannot say.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Librdkafka.Build is null)
        {
            yield return new ValidationResult(Librdkafka.MissingMessage, [nameof(BootstrapServers)]);
        }
        if (string.IsNullOrWhiteSpace(BootstrapServers))
        {
            yield return new ValidationResult("a Kafka sink needs at least one broker, as host:port.", [nameof(BootstrapServers)]);
        }
        if (TopicTemplate.FaultIn(Topic, InternalTopics) is { } fault)
        {
            yield return new ValidationResult(fault, [nameof(Topic)]);
        }
        if (QueueBytesMax < 2L * MessageBytesMax)
        {
            yield return new ValidationResult(
                $"must hold two messages of {nameof(MessageBytesMax)}, {2L * MessageBytesMax} bytes.", [nameof(QueueBytesMax)]);
        }
        if (!Compressions.Contains(Compression, StringComparer.OrdinalIgnoreCase))
        {
            yield return new ValidationResult($"must be one of {string.Join(", ", Compressions)}.", [nameof(Compression)]);
        }
        if (!Partitioners.Contains(Partitioner, StringComparer.Ordinal))
        {
            yield return new ValidationResult($"must be one of {string.Join(", ", Partitioners)}.", [nameof(Partitioner)]);
        }
        if (Options.TryGetValue("partitioner", out var other) && Partitioner != JavaPartitioner && other != Partitioner)
        {
            yield return new ValidationResult($"contradicts Options:partitioner = {other}: set one of them.", [nameof(Partitioner)]);
        }
        foreach (var (name, problem) in TransactionRules.FaultsIn(this))
        {
            yield return new ValidationResult(problem, [name]);
        }
        foreach (var (name, problem) in SecurityRules.FaultsIn(this))
        {
            yield return new ValidationResult(problem, [name]);
        }
        foreach (var (name, value) in Options.ToList())
        {
            var (effective, optionFault) = ReservedSettings.ReasonAgainst(name, value) is { } reason
                ? (value, $"cannot be set here: {reason}.")
                : ClientOption.Read(name, value);
            // From here on the value is the client's own: `config show` shows what is in force.
            Options[name] = effective;
            if (optionFault is not null)
            {
                yield return new ValidationResult(optionFault, [$"{nameof(Options)}:{name}"]);
            }
        }
    }
}
