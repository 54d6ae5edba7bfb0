using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Publishing.Breaker;

namespace Ingest.Kafka.Tests;

/// <summary>
/// Brokers that fail while events keep coming: nothing is lost, nothing twice, every key in order. The fronts remember what was appended,
/// as
/// brokers do, so that a repeat on the wire is no duplicate.
/// </summary>
public sealed class OutageTests
{
    [Fact]
    public async Task Brokers_down_for_longer_than_attempts_last()
    {
        await using var cluster = await FaultRun.StartClusterAsync();
        await using var lane = FaultRun.StartLane(cluster);
        lane.Log.Append(TestEvent.Many(500, keys: 20));
        await lane.EmptyAsync();

        await cluster.AllDownAsync();
        await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(10), perRound: 20);
        await lane.UntilAsync("the breaker has opened", () => lane.Status.Breaker != BreakerState.Closed);
        cluster.AllUp();

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
    }

    [Fact]
    public async Task Brokers_that_come_and_go()
    {
        await using var cluster = await FaultRun.StartClusterAsync();
        await using var lane = FaultRun.StartLane(cluster);
        for (var round = 0; round < 6; round++)
        {
            await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(0.7));
            await cluster.AllDownAsync();
            await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(0.7));
            cluster.AllUp();
        }

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
    }

    [Fact]
    public async Task Brokers_that_restart_one_after_another_and_hand_over_their_partitions()
    {
        // Faults in the mock itself, which forgets what it has seen of a producer: a repeat on the wire may be stored twice, in order.
        await using var cluster = await FaultRun.StartClusterAsync();
        await using var lane = FaultRun.StartLane(cluster);
        for (var broker = 1; broker <= 3; broker++)
        {
            await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(0.5));
            for (var partition = 0; partition < 4; partition++)
            {
                await cluster.Mock.SetLeaderAsync(FaultRun.Topic, partition, (broker % 3) + 1);
            }
            await cluster.Mock.SetDownAsync(broker);
            await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(1));
            await cluster.Mock.SetUpAsync(broker);
        }

        await lane.EmptyAsync();
        var readback = new Readback(lane.Log.Events, await cluster.ReadAsync(FaultRun.Topic));
        Assert.Empty(readback.Missing);
        Assert.Empty(readback.DisorderOfFirsts);
        Assert.Equal(lane.Log.Events.Count, lane.Status.Delivered);
    }

    [Fact]
    public async Task Replicas_that_are_missing_for_a_while()
    {
        await using var cluster = await FaultRun.StartClusterAsync();
        const int NotEnoughReplicas = 19, NotEnoughReplicasAfterAppend = 20;
        await cluster.Mock.PushErrorsAsync(
            ApiKey.Produce, [.. Enumerable.Repeat(NotEnoughReplicas, 15), .. Enumerable.Repeat(NotEnoughReplicasAfterAppend, 5)]);
        await using var lane = FaultRun.StartLane(cluster);
        await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(1));

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
        Assert.Empty(lane.DeadLetters);
    }

    [Fact]
    public async Task A_lane_stopped_in_an_outage_ends_soon_and_the_next_one_delivers_the_rest()
    {
        await using var cluster = await FaultRun.StartClusterAsync();
        await using var lane = FaultRun.StartLane(cluster);
        lane.Log.Append(TestEvent.Many(500, keys: 20));
        await lane.EmptyAsync();
        await cluster.AllDownAsync();
        lane.Log.Append(TestEvent.Many(500, keys: 20, from: 500));
        await lane.UntilAsync("something is in flight", () => lane.Status.InFlightEvents > 0);

        var start = TimeProvider.System.GetTimestamp();
        await lane.StopAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(45));
        cluster.AllUp();
        lane.Start();

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
    }
}
