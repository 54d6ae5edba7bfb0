using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Publishing;
using Ingest.Testing;

namespace Ingest.Kafka.Tests;

/// <summary>Brokers that are not there are told of long before an attempt fails.</summary>
public sealed class ReachTests
{
    private const string Topic = "default";
    private static readonly TimeSpan Told = TimeSpan.FromSeconds(3);

    // An attempt ends after 30 s. On a machine with nothing else to do what is told here is told within three.
    private static readonly TimeSpan ToldAtLatest = TimeSpan.FromSeconds(12);

    [Theory]
    [InlineData(KafkaDelivery.Idempotent)]
    [InlineData(KafkaDelivery.Transactions)]
    public async Task Dead_brokers_are_told_long_before_an_attempt_ends_in_the_clients_words_and_no_more_once_back(KafkaDelivery delivery)
    {
        await using var cluster = await StartAsync();
        await using var lane = Lane(cluster.Bootstraps, delivery).Start();
        lane.Log.Append(TestEvent.Many(100, keys: 20));
        await lane.EmptyAsync();
        Assert.Null(lane.Status.Trouble);

        await cluster.AllDownAsync();
        var died = TimeProvider.System.GetUtcNow();
        lane.Log.Append(TestEvent.Many(100, keys: 20, from: 100));
        await Poll.Until("the lane tells of it", () => lane.Status.Trouble is { IsCut: true }, ToldAtLatest);
        var first = lane.Status.Trouble!;
        Assert.InRange(first.Since, died - Told, died + ToldAtLatest);
        await Poll.Until("it says why", () => lane.Status.Trouble!.Reason.Contains("Connection refused", StringComparison.Ordinal));
        Assert.Equal(first.Since, lane.Status.Trouble!.Since);

        cluster.AllUp();
        await lane.EmptyAsync();
        Assert.Null(lane.Status.Trouble);
        new Readback(lane.Log.Events, await ReadAsync(cluster, delivery)).IsComplete();
    }

    [Theory]
    [InlineData(KafkaDelivery.Idempotent)]
    [InlineData(KafkaDelivery.Transactions)]
    public async Task Brokers_that_were_never_there_are_told_of_long_before_an_attempt_ends(KafkaDelivery delivery)
    {
        await using var lane = Lane($"127.0.0.1:{FreePort.Next()}", delivery).Start();

        await Poll.Until(
            "the lane tells of it",
            () => lane.Status.Trouble is { IsCut: true } trouble && trouble.Reason.Contains("Connection refused", StringComparison.Ordinal),
            ToldAtLatest);
    }

    [Theory]
    [InlineData(KafkaDelivery.Idempotent)]
    [InlineData(KafkaDelivery.Transactions)]
    public async Task One_broker_of_three_that_is_dead_while_the_others_are_slow_is_no_cut(KafkaDelivery delivery)
    {
        await using var cluster = await StartAsync();
        await using var lane = Lane(cluster.Bootstraps, delivery).Start();
        lane.Log.Append(TestEvent.Many(100, keys: 20));
        await lane.EmptyAsync();
        cluster.Proxies.ForEach(proxy => proxy.Latency = TimeSpan.FromMilliseconds(300));

        await cluster.Proxies[2].DownAsync();
        lane.Log.Append(TestEvent.Many(100, keys: 20, from: 100));
        await Poll.Until("one fails", () => lane.Status.Trouble is not null);
        var seen = TimeProvider.System.GetTimestamp();
        await Poll.Until("it has failed for some time", () =>
        {
            Assert.False(lane.Status.Trouble is { IsCut: true }, lane.Status.Trouble?.Reason);
            return TimeProvider.System.GetElapsedTime(seen) > Told;
        });

        cluster.AllUp();
        await lane.EmptyAsync();
    }

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync(brokers: 3);
        await cluster.Mock.CreateTopicAsync(Topic, 4);
        await cluster.Mock.CreateTopicAsync(new KafkaOptions().ProgressTopic, 1);
        return cluster;
    }

    private static Task<List<KafkaRecord>> ReadAsync(TestCluster cluster, KafkaDelivery delivery) =>
        delivery == KafkaDelivery.Transactions ? cluster.ReadCommittedAsync(Topic) : cluster.ReadAsync(Topic);

    // Attempts fail after half a minute, as they do by default.
    private static KafkaLane Lane(string bootstraps, KafkaDelivery delivery) =>
        new(
        new KafkaOptions
        {
            BootstrapServers = bootstraps,
            Delivery = delivery,
            OpenTimeout = TimeSpan.FromSeconds(4),
            CloseTimeout = TimeSpan.FromSeconds(1),
        },
        new PublishingOptions());
}
