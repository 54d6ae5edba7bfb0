using Ingest.Sinks.Contract;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests;

public sealed class SettingsTests
{
    [Fact]
    public async Task Bootstrap_servers_are_all_it_needs()
    {
        await using var sink = Create(("BootstrapServers", "localhost:9092"));

        Assert.True(sink.Traits.KeepsKeyOrder);
        Assert.Equal(16, sink.Traits.WindowMax);
    }

    [Theory]
    [InlineData("", "", "Sinks:Kafka:BootstrapServers: a Kafka sink needs at least one broker, as host:port.")]
    [InlineData("WindowMax", "65", "Sinks:Kafka:WindowMax = '65': must be between 1 and 64.")]
    [InlineData("Linger", "00:00:02", "Sinks:Kafka:Linger = '00:00:02': must be between 00:00:00 and 00:00:01.")]
    [InlineData("Topic", "a b", "Sinks:Kafka:Topic: must be made of letters, digits, '.', '_', '-' and {stream}.")]
    [InlineData("Topic", "{stream}.{stream}", "Sinks:Kafka:Topic: must be shorter: with the longest stream name it has 257 characters")]
    [InlineData("MessageBytesMax", "50000000", "Sinks:Kafka:QueueBytesMax: must hold two messages of MessageBytesMax, 100000000 bytes.")]
    [InlineData("Options:acks", "1", "Sinks:Kafka:Options:acks: cannot be set here: a delivered event is one that all in-sync replicas")]
    [InlineData("Options:message.timeout.ms", "1000", "the client must not give up")]
    [InlineData("Options:enable.idempotence", "false", "without it a retry duplicates and reorders events")]
    [InlineData("Options:enable.gapless.guarantee", "false", "Sinks:Kafka:Options:enable.gapless.guarantee: cannot be set here")]
    [InlineData("Options:max.in.flight", "5", "it has a setting of its own here, RequestsInFlightMax")]
    [InlineData("Options:partitioner", "random", "spread over partitions")]
    [InlineData("Options:no.such.thing", "1", "No such configuration property: \"no.such.thing\"")]
    [InlineData("Options:batch.size", "0", "\"batch.size\" value 0 is outside allowed range 1..2147483647")]
    [InlineData("SecurityProtocol", "tls", "Sinks:Kafka:SecurityProtocol: must be one of plaintext, ssl, sasl_plaintext, sasl_ssl.")]
    [InlineData("SecurityProtocol", "sasl_ssl", "Sinks:Kafka:SaslMechanism: must be one of PLAIN, SCRAM-SHA-256")]
    [InlineData("SaslPassword", "secret", "Sinks:Kafka:SaslPassword: would not be used: SecurityProtocol = plaintext does not log in")]
    [InlineData("SslCaLocation", "/ca.pem", "Sinks:Kafka:SslCaLocation: would not be used: SecurityProtocol = plaintext does not encrypt")]
    [InlineData("Compression", "rar", "Sinks:Kafka:Compression: must be one of none, gzip, snappy, lz4, zstd.")]
    public void Wrong_settings_are_refused_naming_key_value_and_range(string key, string value, string expected)
    {
        (string, string)[] settings = key.Length == 0 ? [] : [("BootstrapServers", "localhost:9092"), (key, value)];

        var failure = Assert.Throws<InvalidOperationException>(() => Create(settings));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Contains("Sinks:Kafka", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_needs_a_name_and_a_password()
    {
        var options = new KafkaOptions { BootstrapServers = "a:1", SecurityProtocol = "SASL_SSL", SaslMechanism = "scram-sha-512" };
        Assert.Equal(["SaslUsername", "SaslPassword"], SecurityRules.FaultsIn(options).Select(fault => fault.Name));
        (options.SaslUsername, options.SaslPassword, options.SslCaLocation) = ("u", "p", "/ca.pem");
        Assert.Empty(SecurityRules.FaultsIn(options));
        (options.SaslMechanism, options.SaslUsername, options.SaslPassword) = ("GSSAPI", null, null);
        Assert.Empty(SecurityRules.FaultsIn(options));
    }

    [Fact]
    public async Task A_client_that_cannot_be_made_blocks_the_lane()
    {
        await using var sink = Create(
            ("BootstrapServers", "localhost:9092"), ("SecurityProtocol", "ssl"), ("SslCaLocation", "/no/such/authority.pem"));
        var verdict = await sink.OpenAsync(TestContext.Current.CancellationToken);
        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains("ssl.ca.location", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_other_client_setting_is_passed_on()
    {
        var options = new KafkaOptions { BootstrapServers = "a:1", SaslMechanism = "PLAIN", SaslUsername = "u", SaslPassword = "p" };
        options.Options["socket.nagle.disable"] = "true";
        options.Options["partitioner"] = "consistent";

        var settings = ClientSettings.For(options, SendMode.Fast).ToDictionary();

        Assert.Equal("true", settings["socket.nagle.disable"]);
        Assert.Equal("consistent", settings["partitioner"]);
        Assert.Equal("PLAIN", settings["sasl.mechanisms"]);
        Assert.Equal("u", settings["sasl.username"]);
    }

    [Theory]
    [InlineData("Fast", "true", "5")]
    [InlineData("Careful", "false", "0")]
    public void The_settings_promises_rest_on_are_always_there(string mode, string gapless, string linger)
    {
        var settings = ClientSettings.For(new KafkaOptions { BootstrapServers = "a:1" }, Enum.Parse<SendMode>(mode)).ToDictionary();

        Assert.Equal("true", settings["enable.idempotence"]);
        Assert.Equal("all", settings["acks"]);
        Assert.Equal("0", settings["message.timeout.ms"]);
        Assert.Equal("1", settings["max.in.flight"]);
        Assert.Equal("65536", settings["queue.buffering.max.kbytes"]);
        Assert.Equal(gapless, settings["enable.gapless.guarantee"]);
        Assert.Equal(linger, settings["linger.ms"]);
    }

    [Fact]
    public void A_missing_library_is_named_with_its_package() => Assert.Contains("apt-get install librdkafka1", Librdkafka.MissingMessage);

    private static ISink Create(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create("Sinks:Kafka:" + setting.Key, (string?)setting.Value)))
            .Build();
        return new KafkaSinkFactory().Create(new SinkSetup(
            "Kafka", configuration.GetSection("Sinks:Kafka"), "/nowhere", Guid.NewGuid(), TimeProvider.System, NullLoggerFactory.Instance));
    }
}
