using Ingest.Kafka.Tests.Rig;

namespace Ingest.Kafka.Tests;

/// <summary>Networks that fail while events keep coming: nothing is lost, nothing twice, every key in order.</summary>
public sealed class NetworkTests
{
    [Fact]
    public async Task Connections_that_are_reset_again_and_again()
    {
        await using var cluster = await FaultRun.StartClusterAsync();
        await using var lane = FaultRun.StartLane(cluster);
        cluster.Proxies.ForEach(proxy => proxy.Latency = TimeSpan.FromMilliseconds(20));
        for (var round = 0; round < 12; round++)
        {
            await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(0.2));
            if (round % 4 == 3)
            {
                // At the worst moment: the brokers have a batch, and their answer is still on its way.
                await FaultRun.SwallowAnswerAsync(cluster, lane);
            }
            cluster.Proxies.ForEach(proxy => proxy.ResetAll());
            cluster.Proxies.ForEach(proxy => proxy.IsHalfOpen = false);
        }

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
        Assert.True(cluster.Rules.Sequences.Repeated > 0);
    }

    [Fact]
    public async Task Latency_that_rises_to_two_seconds_and_falls_again()
    {
        await using var cluster = await FaultRun.StartClusterAsync();
        await using var lane = FaultRun.StartLane(cluster);
        foreach (var latency in new[] { 5, 1000, 5 })
        {
            cluster.Proxies.ForEach(proxy => proxy.Latency = TimeSpan.FromMilliseconds(latency));
            await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(4));
        }

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
    }

    [Fact]
    public async Task Connections_that_stall_without_a_word()
    {
        await using var cluster = await FaultRun.StartClusterAsync();
        await using var lane = FaultRun.StartLane(cluster);
        await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(0.5));

        cluster.Proxies.ForEach(proxy => proxy.IsStalled = true);
        await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(9), perRound: 10);
        Assert.True(lane.Status.PendingEvents > 0);
        cluster.Proxies.ForEach(proxy => proxy.IsStalled = false);

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
    }

    [Fact]
    public async Task Connections_whose_other_side_has_vanished()
    {
        await using var cluster = await FaultRun.StartClusterAsync();
        await using var lane = FaultRun.StartLane(cluster);
        await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(0.5));

        await FaultRun.SwallowAnswerAsync(cluster, lane);
        await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(9), perRound: 10);
        cluster.Proxies.ForEach(proxy => proxy.IsHalfOpen = false);

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
        Assert.True(cluster.Rules.Sequences.Repeated > 0);
    }
}
