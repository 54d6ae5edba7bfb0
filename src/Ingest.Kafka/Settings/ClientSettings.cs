using System.Globalization;

namespace Ingest.Kafka;

/// <summary>Translates <see cref="KafkaOptions"/> into the client's settings. Pure.</summary>
internal static class ClientSettings
{
    private const int BytesPerKilobyte = 1024;

    // Time for an answer to come back after the broker has used all of its own.
    private static readonly TimeSpan AnswerMargin = TimeSpan.FromSeconds(5);

    /// <summary>The settings of a producer for one mode of sending.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="mode">How it sends.</param>
    /// <param name="batchBytesMax">Most bytes of one request's batch, or null for the client's default.</param>
    internal static List<KeyValuePair<string, string>> For(KafkaOptions options, SendMode mode, int? batchBytesMax = null)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Java's partitioner, so that keys meet the partitions that other producers and stream processors put them on.
            ["partitioner"] = "murmur2_random",
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
