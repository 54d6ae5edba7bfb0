using System.Globalization;

namespace Ingest.Kafka;

/// <summary>Translates <see cref="KafkaOptions"/> into the client's settings. Pure.</summary>
internal static class ClientSettings
{
    private const int BytesPerKilobyte = 1024;
    private const string RecoveryStrategy = "metadata.recovery.strategy";

    // Time for an answer to come back after the broker has used all of its own.
    private static readonly TimeSpan AnswerMargin = TimeSpan.FromSeconds(5);

    // What a consumer has in common with a producer: how brokers are found, reached and logged in to.
    private static readonly string[] OfConnections =
        ["bootstrap.", "client.id", "security.", "sasl.", "enable.sasl.", "ssl.", "enable.ssl.", "socket.", "reconnect.", "broker.",
            "connections.", "log.", "request.", "https."];

    /// <summary>The settings of a producer for one mode of sending with transactions.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="id">The <c>transactional.id</c>.</param>
    /// <param name="mode">How it sends.</param>
    /// <param name="batchBytesMax">Most bytes of one request's batch, or null for the client's default.</param>
    internal static List<KeyValuePair<string, string>> ForTransactions(
        KafkaOptions options, string id, SendMode mode, int? batchBytesMax = null)
    {
        var settings = new Dictionary<string, string>(For(options, mode, batchBytesMax), StringComparer.Ordinal)
        {
            ["transactional.id"] = id,
            ["transaction.timeout.ms"] = Milliseconds(options.TransactionTimeout),
            // A transaction that brokers have given up has no use for its messages any more.
            ["message.timeout.ms"] = Milliseconds(options.TransactionTimeout),
        };
        // The client would forget the brokers it waits for, and its own end would wait for them. A session that fails is replaced.
        settings.TryAdd(RecoveryStrategy, "none");
        // A message that fails fails its transaction, so that nothing can overtake it.
        settings.Remove("enable.gapless.guarantee");
        return [.. settings];
    }

    /// <summary>The settings of a consumer that reads what a group committed, and nothing else.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="group">The group.</param>
    internal static List<KeyValuePair<string, string>> ForProgress(KafkaOptions options, string group) =>
    [
        .. For(options, SendMode.Fast).Where(setting =>
            OfConnections.Any(prefix => setting.Key.StartsWith(prefix, StringComparison.Ordinal))
            && setting.Key is not ("request.timeout.ms" or "request.required.acks")),
        new(RecoveryStrategy, "none"),
        new("group.id", group),
        new("enable.auto.commit", "false"),
        // With it an answer waits for transactions under way.
        new("isolation.level", "read_committed"),
    ];

    /// <summary>The settings of a producer for one mode of sending.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="mode">How it sends.</param>
    /// <param name="batchBytesMax">Most bytes of one request's batch, or null for the client's default.</param>
    internal static List<KeyValuePair<string, string>> For(KafkaOptions options, SendMode mode, int? batchBytesMax = null)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["partitioner"] = options.Partitioner,
            ["log.connection.close"] = "false",
            ["socket.keepalive.enable"] = "true",
            // The client's own limit is 10 s: brokers that are back would be left alone for as long as some outages last.
            ["reconnect.backoff.max.ms"] = "2000",
            ["socket.connection.setup.timeout.ms"] = Milliseconds(options.RequestTimeout),
        };
        if (batchBytesMax is { } bytes)
        {
            settings["batch.size"] = Text(bytes);
        }
        foreach (var (name, value) in options.Options)
        {
            settings[name] = value;
        }
        AddOwn(settings, options);
        AddSecurity(settings, options);
        // Gapless: a batch refused for good stops the producer, instead of letting later events overtake those that are sent again.
        settings["enable.gapless.guarantee"] = mode == SendMode.Fast ? "true" : "false";
        if (mode == SendMode.Careful)
        {
            settings["batch.num.messages"] = "1";
            settings["linger.ms"] = "0";
        }
        return [.. settings];
    }

    private static void AddOwn(Dictionary<string, string> settings, KafkaOptions options)
    {
        settings["bootstrap.servers"] = options.BootstrapServers;
        settings["client.id"] = options.ClientId;
        settings["enable.idempotence"] = "true";
        settings["acks"] = "all";
        settings["message.timeout.ms"] = "0";
        settings["max.in.flight"] = Text(options.RequestsInFlightMax);
        settings["compression.type"] = options.Compression;
        settings["linger.ms"] = options.Linger.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
        settings["message.max.bytes"] = Text(options.MessageBytesMax);
        settings["queue.buffering.max.kbytes"] = Text(options.QueueBytesMax / BytesPerKilobyte);
        settings["queue.buffering.max.messages"] = Text(options.QueueEventsMax);
        settings["request.timeout.ms"] = Milliseconds(options.RequestTimeout);
        settings["socket.timeout.ms"] = Milliseconds(options.RequestTimeout + AnswerMargin);
        settings["topic.metadata.propagation.max.ms"] = Milliseconds(options.TopicWait);
        settings["statistics.interval.ms"] = Milliseconds(options.StatisticsInterval);
    }

    private static void AddSecurity(Dictionary<string, string> settings, KafkaOptions options)
    {
        settings["security.protocol"] = options.SecurityProtocol;
        AddIfGiven(settings, "sasl.mechanisms", options.SaslMechanism);
        AddIfGiven(settings, "sasl.username", options.SaslUsername);
        AddIfGiven(settings, "sasl.password", options.SaslPassword);
        AddIfGiven(settings, "ssl.ca.location", options.SslCaLocation);
        AddIfGiven(settings, "ssl.certificate.location", options.SslCertificateLocation);
        AddIfGiven(settings, "ssl.key.location", options.SslKeyLocation);
        AddIfGiven(settings, "ssl.key.password", options.SslKeyPassword);
    }

    private static void AddIfGiven(Dictionary<string, string> settings, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            settings[name] = value;
        }
    }

    private static string Milliseconds(TimeSpan time) => Text((long)time.TotalMilliseconds);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
