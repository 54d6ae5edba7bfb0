using Ingest.Kafka.Tests.Cluster;

namespace Ingest.Kafka.Tests.Rig;

/// <summary>What tests of faults share: three brokers, a lane that gives up early, events that keep coming, and the check at the
/// end.</summary>
internal static class FaultRun
{
    internal const string Topic = "default";

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    internal static async Task<TestCluster> StartClusterAsync()
    {
        var cluster = await TestCluster.StartAsync(brokers: 3);
        await cluster.Mock.CreateTopicAsync(Topic, 4);
        return cluster;
    }

    internal static KafkaLane StartLane(TestCluster cluster) =>
        new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps, RequestTimeout = RequestTimeout }).Start();

    /// <summary>Keeps appending, as intake does whatever happens behind it.</summary>
    internal static async Task AppendForAsync(KafkaLane lane, TimeSpan time, int perRound = 50)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < time)
        {
            lane.Log.Append(TestEvent.Many(perRound, keys: 20, from: lane.Log.Events.Count));
            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>
    /// Lets answers vanish from here on, and returns when the brokers have appended a batch of which the client will not hear.
    /// </summary>
    internal static async Task SwallowAnswerAsync(TestCluster cluster, KafkaLane lane)
    {
        // Connections that stand, or nothing would reach the brokers any more.
        await lane.EmptyAsync();
        cluster.Proxies.ForEach(proxy => proxy.IsHalfOpen = true);
        var appended = cluster.Rules.Sequences.Appended;
        lane.Log.Append(TestEvent.Many(100, keys: 20, from: lane.Log.Events.Count));
        await lane.UntilAsync("a batch was appended", () => cluster.Rules.Sequences.Appended > appended);
    }

    internal static async Task CheckAsync(TestCluster cluster, KafkaLane lane)
    {
        new Readback(lane.Log.Events, await cluster.ReadAsync(Topic)).IsComplete();
        Assert.Equal(lane.Log.Events.Count, lane.Status.Delivered);
        Assert.Equal(0, lane.Sink.LeftCount);
    }
}
