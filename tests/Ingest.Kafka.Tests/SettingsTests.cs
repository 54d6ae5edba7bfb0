using System.ComponentModel.DataAnnotations;
using Ingest.Sinks.Contract;
using Ingest.Testing;
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
    [InlineData("Partitioner", "random", "Sinks:Kafka:Partitioner: must be one of murmur2_random, murmur2, consistent_random")]
    [InlineData("Options:no.such.thing", "1", "No such configuration property: \"no.such.thing\"")]
    [InlineData("Options:batch.size", "0", "\"batch.size\" value 0 is outside allowed range 1..2147483647")]
    [InlineData("Options:batch.size", "512KiB1", "the Kafka client would read 512. It takes a number of bytes")]
    [InlineData("Options:batch.size", "010", "the Kafka client would read 8.")]
    [InlineData("Options:batch.size", "4294967306", "the Kafka client would read 10.")]
    [InlineData("Options:reconnect.backoff.max.ms", "1.5ms", "the Kafka client would read 1. It takes a duration such as")]
    [InlineData("Options:reconnect.backoff.ms", "10 apples", "the Kafka client would read 10.")]
    [InlineData("Options:max.in.flight.ms", "10s", "No such configuration property")]
    [InlineData("Options:topic.metadata.refresh.fast.cnt", "5s", "It takes a whole number, without a unit and without leading zeros.")]
    [InlineData("Topic", "_schemas", "Sinks:Kafka:Topic: begins with '_' as Kafka's own topics do; InternalTopics may list it.")]
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

    [Theory]
    [InlineData("reconnect.backoff.max.ms", "10s", "10000")]
    [InlineData("reconnect.backoff.max.ms", "1m", "60000")]
    [InlineData("reconnect.backoff.max.ms", "10000", "10000")]
    [InlineData("batch.size", "512KiB", "524288")]
    [InlineData("socket.send.buffer.bytes", "1MiB", "1048576")]
    [InlineData("socket.nagle.disable", "true", "true")]
    [InlineData("client.rack", "010", "010")]
    public async Task Options_take_the_nodes_units_and_show_what_the_client_is_given(string name, string value, string given)
    {
        var options = new KafkaOptions { BootstrapServers = "localhost:9092" };
        options.Options[name] = value;

        Assert.Empty(options.Validate(new ValidationContext(options)));

        Assert.Equal(given, options.Options[name]);
        Assert.Contains(new KeyValuePair<string, string>(name, given), ClientSettings.For(options, SendMode.Fast));
        await using var sink = Create(("BootstrapServers", "localhost:9092"), ($"Options:{name}", value));
    }

    [Fact]
    public async Task A_login_by_token_needs_a_source_of_tokens()
    {
        (string, string)[] login =
            [("BootstrapServers", "localhost:9092"), ("SecurityProtocol", "sasl_ssl"), ("SaslMechanism", "OAUTHBEARER")];
        (string, string)[] source =
        [
            ("Options:sasl.oauthbearer.method", "oidc"), ("Options:sasl.oauthbearer.token.endpoint.url", "https://login.example/token"),
            ("Options:sasl.oauthbearer.client.id", "ingest"), ("Options:sasl.oauthbearer.client.secret", "secret"),
        ];

        Assert.Contains("Options:sasl.oauthbearer.method: must be oidc", Refusal(login), StringComparison.Ordinal);
        foreach (var missing in source.Skip(1))
        {
            Assert.Contains($"{missing.Item1}: must be set", Refusal([.. login, .. source.Except([missing])]), StringComparison.Ordinal);
        }
        await using var sink = Create([.. login, .. source]);

        static string Refusal((string, string)[] settings) =>
            Assert.Throws<InvalidOperationException>(() => Create(settings)).Message;
    }

    [Fact]
    public async Task A_login_by_token_asks_the_endpoint_and_a_refusal_is_told()
    {
        await using var endpoint = await HttpDownstream.StartAsync();
        endpoint.Answer = _ => new DownstreamAnswer(401, "{\"error\":\"invalid_client\"}") { ContentType = "application/json" };
        await using var sink = Create(
            ("BootstrapServers", "127.0.0.1:9"), ("SecurityProtocol", "sasl_plaintext"), ("SaslMechanism", "OAUTHBEARER"),
            ("OpenTimeout", "00:00:20"), ("Options:sasl.oauthbearer.method", "oidc"),
            ("Options:sasl.oauthbearer.token.endpoint.url", new Uri(endpoint.Url, "/token").ToString()),
            ("Options:sasl.oauthbearer.client.id", "ingest"), ("Options:sasl.oauthbearer.client.secret", "secret"));

        var verdict = await sink.OpenAsync(TestContext.Current.CancellationToken);

        var request = endpoint.Requests[0];
        Assert.Equal(("POST", "/token", "Basic aW5nZXN0OnNlY3JldA=="), (request.Method, request.Path, request.Headers["Authorization"]));
        Assert.Contains("grant_type=client_credentials", request.Text, StringComparison.Ordinal);
        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains("token", verdict.Reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_mechanism_that_the_loaded_build_cannot_do_is_refused_before_the_start()
    {
        Assert.SkipWhen(Librdkafka.Has("sasl_gssapi"), "this machine's build can do it");

        var failure = Assert.Throws<InvalidOperationException>(() => Create(
            ("BootstrapServers", "localhost:9092"), ("SecurityProtocol", "sasl_ssl"), ("SaslMechanism", "GSSAPI")));

        Assert.Contains("Sinks:Kafka:SaslMechanism: GSSAPI needs the system's SASL library", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_needs_a_name_and_a_password()
    {
        var options = new KafkaOptions { BootstrapServers = "a:1", SecurityProtocol = "SASL_SSL", SaslMechanism = "scram-sha-512" };
        Assert.Equal(["SaslUsername", "SaslPassword"], SecurityRules.FaultsIn(options).Select(fault => fault.Name));
        (options.SaslUsername, options.SaslPassword, options.SslCaLocation) = ("u", "p", "/ca.pem");
        Assert.Empty(SecurityRules.FaultsIn(options));
        (options.SaslMechanism, options.SaslUsername, options.SaslPassword) = ("GSSAPI", null, null);
        Assert.DoesNotContain(SecurityRules.FaultsIn(options), fault => fault.Name is "SaslUsername" or "SaslPassword");
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

    [Fact]
    public void Keys_go_where_Java_puts_them_unless_the_settings_say_otherwise()
    {
        var options = new KafkaOptions { BootstrapServers = "a:1" };
        Assert.Equal("murmur2_random", ClientSettings.For(options, SendMode.Fast).ToDictionary()["partitioner"]);
        options.Partitioner = "consistent_random";
        Assert.Equal("consistent_random", ClientSettings.For(options, SendMode.Fast).ToDictionary()["partitioner"]);
        options.Options["partitioner"] = "fnv1a";
        var fault = Assert.Single(options.Validate(new ValidationContext(options)));
        Assert.StartsWith("contradicts Options:partitioner = fnv1a", fault.ErrorMessage, StringComparison.Ordinal);
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
