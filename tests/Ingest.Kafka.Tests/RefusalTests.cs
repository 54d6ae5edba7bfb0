using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Publishing.Lanes;

namespace Ingest.Kafka.Tests;

/// <summary>Brokers that say no: to an event, to a batch, to a topic, to us.</summary>
public sealed class RefusalTests
{
    private const string Topic = "default";
    private const short MsgSizeTooLarge = 10;
    private const short InvalidRecord = 87;

    [Fact]
    public async Task An_event_too_large_for_the_client_is_rejected_and_its_neighbours_are_delivered()
    {
        await using var cluster = await StartAsync();
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps, MessageBytesMax = 20_000 });
        lane.Log.Append(TestEvent.Many(50, keys: 5));
        lane.Log.Append(TestEvent.Many(1, keys: 1, payloadBytes: 30_000, from: 50));
        lane.Log.Append(TestEvent.Many(50, keys: 5, from: 51));

        lane.Start();
        await lane.EmptyAsync();

        new Readback(lane.Log.Events, await cluster.ReadAsync(Topic)).IsComplete(except: [51]);
        Assert.StartsWith("MsgSizeTooLarge: ", Assert.Single(lane.DeadLetters).Value, StringComparison.Ordinal);
        Assert.DoesNotContain(lane.LogLines, line => line.Contains("A fatal producer error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task An_event_too_large_for_the_topic_is_rejected_alone(int at)
    {
        await using var cluster = await StartAsync();
        // A broker measures batches, and cannot tell which event made one too large.
        cluster.Rules.Refusal = request => request.Records.Length > 20_000 ? MsgSizeTooLarge : null;
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps });
        lane.Log.Append(TestEvent.Many(at - 1, keys: 5));
        lane.Log.Append(TestEvent.Many(1, keys: 1, payloadBytes: 30_000, from: at - 1));
        lane.Log.Append(TestEvent.Many(200 - at, keys: 5, from: at));

        lane.Start();
        await lane.EmptyAsync();

        new Readback(lane.Log.Events, await cluster.ReadAsync(Topic)).IsComplete(except: [at]);
        Assert.Equal([at], lane.DeadLetters.Keys);
    }

    [Fact]
    public async Task Poison_in_the_first_batch_of_a_partition_lets_nothing_overtake_its_neighbours()
    {
        // The broker accepts whatever comes behind a refused first batch: it knows of no sequence to miss a part of.
        await using var cluster = await StartAsync(partitions: 1);
        cluster.Rules.Refusal = RefusePoison;
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps });
        lane.Options.Options["batch.num.messages"] = "10";
        lane.Log.Append(TestEvent.Many(5, keys: 3));
        lane.Log.Append(new TestEvent("{\"poison\":1}") { Key = "k1" });
        lane.Log.Append(TestEvent.Many(300, keys: 3, from: 6));
        lane.Log.Append(new TestEvent("{\"poison\":2}") { Key = "k2" });
        lane.Log.Append(TestEvent.Many(300, keys: 3, from: 307));

        lane.Start();
        await lane.EmptyAsync();

        new Readback(lane.Log.Events, await cluster.ReadAsync(Topic)).IsComplete(except: [6, 307]);
        Assert.Equal([6, 307], lane.DeadLetters.Keys.Order());
        Assert.All(lane.DeadLetters.Values, reason => Assert.StartsWith("InvalidRecord: ", reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Batches_too_large_for_a_topic_shrink_until_they_fit()
    {
        await using var cluster = await StartAsync(partitions: 1);
        cluster.Rules.Refusal = request => request.Records.Length > 60_000 ? MsgSizeTooLarge : null;
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps });
        lane.Options.Options["batch.size"] = "200000";
        lane.Log.Append(TestEvent.Many(2_000, keys: 50, payloadBytes: 500));

        lane.Start();
        await lane.EmptyAsync();

        new Readback(lane.Log.Events, await cluster.ReadAsync(Topic)).IsComplete();
        Assert.Empty(lane.DeadLetters);
        Assert.Contains(lane.LogLines, line => line.Contains("Batches have at most", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_topic_blocks_the_lane_and_its_creation_frees_it()
    {
        await using var cluster = await StartAsync();
        await cluster.Mock.SetTopicErrorAsync("nowhere", 3);
        await using var lane = new KafkaLane(
            new KafkaOptions { BootstrapServers = cluster.Bootstraps, Topic = "nowhere", TopicWait = TimeSpan.FromSeconds(1) });
        lane.Log.Append(TestEvent.Many(200, keys: 5));

        lane.Start();
        await lane.ReachesAsync(LaneState.Blocked);
        Assert.Contains("nknown topic", lane.Status.Reason, StringComparison.Ordinal);
        await lane.UntilAsync("the lane tried to open again", () => lane.Status.Reason.Contains("'nowhere'", StringComparison.Ordinal));
        await cluster.Mock.SetTopicErrorAsync("nowhere", 0);

        await lane.EmptyAsync();
        new Readback(lane.Log.Events, await cluster.ReadAsync("nowhere")).IsComplete();
        Assert.Empty(lane.DeadLetters);
    }

    [Fact]
    public async Task Events_for_internal_topics_of_kafka_go_to_the_dead_letters_unless_listed_and_hold_up_nothing()
    {
        await using var cluster = await StartAsync();
        await using var lane = new KafkaLane(
            new KafkaOptions { BootstrapServers = cluster.Bootstraps, InternalTopics = ["_audit"] });
        lane.Log.Append(TestEvent.Many(20, keys: 5));
        lane.Log.Append(new TestEvent("{\"n\":1}") { Stream = "__consumer_offsets", Key = "k1" });
        lane.Log.Append(new TestEvent("{\"n\":2}") { Stream = "_schemas", Key = "k1" });
        lane.Log.Append(new TestEvent("{\"n\":3}") { Stream = "_audit", Key = "k1" });
        lane.Log.Append(TestEvent.Many(20, keys: 5, from: 23));

        lane.Start();
        await lane.EmptyAsync();

        Assert.Equal([21, 22], lane.DeadLetters.Keys.Order());
        Assert.All(lane.DeadLetters.Values, reason => Assert.Contains("is an internal name of Kafka", reason, StringComparison.Ordinal));
        Assert.Equal(23, Assert.Single(await cluster.ReadAsync("_audit")).Sequence);
        Assert.Equal(40, (await cluster.ReadAsync(Topic)).Count);
    }

    [Fact]
    public async Task A_name_that_no_topic_can_have_is_dead_lettered_at_once_and_holds_up_no_other_topic()
    {
        const int InvalidTopic = 17;
        await using var cluster = await StartAsync();
        await cluster.Mock.SetTopicErrorAsync("impossible", InvalidTopic);
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps });
        lane.Log.Append(TestEvent.Many(20, keys: 5));
        lane.Log.Append(new TestEvent("{\"n\":1}") { Stream = "impossible", Key = "k1" });
        lane.Log.Append(new TestEvent("{\"n\":2}") { Stream = "impossible", Key = "k1" });
        lane.Log.Append(TestEvent.Many(20, keys: 5, from: 22));

        lane.Start();
        await lane.EmptyAsync();

        Assert.Equal([21, 22], lane.DeadLetters.Keys.Order());
        Assert.All(lane.DeadLetters.Values, reason => Assert.StartsWith("TopicException", reason, StringComparison.Ordinal));
        Assert.Equal(40, (await cluster.ReadAsync(Topic)).Count);
    }

    [Theory]
    [InlineData(0, 29, "TopicAuthorizationFailed")]
    [InlineData(22, 31, "ClusterAuthorizationFailed")]
    public async Task Missing_rights_block_the_lane_and_reject_nothing(short api, int code, string name)
    {
        await using var cluster = await StartAsync();
        await cluster.Mock.PushErrorsAsync((ApiKey)api, [.. Enumerable.Repeat(code, 1000)]);
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps });
        lane.Log.Append(TestEvent.Many(200, keys: 5));

        lane.Start();
        await lane.ReachesAsync(LaneState.Blocked);
        Assert.Contains(name, lane.Status.Reason, StringComparison.Ordinal);
        await cluster.Mock.ClearErrorsAsync((ApiKey)api);

        await lane.EmptyAsync();
        new Readback(lane.Log.Events, await cluster.ReadAsync(Topic)).IsComplete();
        Assert.Empty(lane.DeadLetters);
    }

    [Fact]
    public async Task A_refused_login_blocks_the_lane()
    {
        await using var cluster = await StartAsync();
        cluster.Rules.RefusesLogin = true;
        await using var lane = new KafkaLane(new KafkaOptions
        {
            BootstrapServers = cluster.Bootstraps,
            SecurityProtocol = "sasl_plaintext",
            SaslMechanism = "PLAIN",
            SaslUsername = "somebody",
            SaslPassword = "a secret",
        });
        // The mock does not offer a login; the client has to take it for granted.
        lane.Options.Options["api.version.request"] = "false";
        lane.Options.Options["broker.version.fallback"] = "0.10.0.0";
        lane.Log.Append(TestEvent.Many(10, keys: 5));

        lane.Start();
        await lane.ReachesAsync(LaneState.Blocked);

        Assert.Contains("Authentication", lane.Status.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(lane.LogLines, line => line.Contains("a secret", StringComparison.Ordinal));
        Assert.Empty(lane.DeadLetters);
    }

    [Fact]
    public async Task Encryption_that_the_brokers_do_not_speak_blocks_the_lane()
    {
        await using var cluster = await StartAsync();
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps, SecurityProtocol = "ssl" });
        lane.Log.Append(TestEvent.Many(10, keys: 5));

        lane.Start();
        await lane.ReachesAsync(LaneState.Blocked);

        Assert.Contains("SSL handshake failed", lane.Status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_fatal_error_a_new_producer_goes_on_where_the_old_one_died()
    {
        await using var cluster = await StartAsync();
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps });
        lane.Log.Append(TestEvent.Many(500, keys: 20));
        lane.Start();
        await lane.EmptyAsync();

        await cluster.Mock.PushErrorsAsync(ApiKey.Produce, 45);
        lane.Log.Append(TestEvent.Many(2_000, keys: 20, from: 500));

        await lane.EmptyAsync();
        new Readback(lane.Log.Events, await cluster.ReadAsync(Topic)).IsComplete();
        Assert.Contains(lane.LogLines, line => line.Contains("A fatal producer error: OutOfOrderSequenceNumber", StringComparison.Ordinal));
        Assert.Empty(lane.DeadLetters);
    }

    [Fact]
    public async Task Throttling_shows_in_the_statistics_and_loses_nothing()
    {
        await using var cluster = await StartAsync();
        cluster.Rules.Throttle = TimeSpan.FromMilliseconds(500);
        await using var lane = new KafkaLane(
            new KafkaOptions { BootstrapServers = cluster.Bootstraps, StatisticsInterval = TimeSpan.FromMilliseconds(200) });
        lane.Start();

        await lane.UntilAsync("throttling is seen", () =>
        {
            lane.Log.Append(TestEvent.Many(10, keys: 5, from: lane.Log.Events.Count));
            return lane.Sink.Statistics.Brokers.Any(broker => broker is { ThrottleSeconds: > 0.4, RoundTripSeconds: > 0, IsUp: true });
        });

        await lane.EmptyAsync();
        new Readback(lane.Log.Events, await cluster.ReadAsync(Topic)).IsComplete();
    }

    private static short? RefusePoison(ProduceRequest request) =>
        request.Records.AsSpan().IndexOf("{\"poison\""u8) >= 0 ? InvalidRecord : null;

    private static async Task<TestCluster> StartAsync(int partitions = 4)
    {
        var cluster = await TestCluster.StartAsync();
        await cluster.Mock.CreateTopicAsync(Topic, partitions);
        return cluster;
    }
}
