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
        // Until a reset has met a batch on its way, which is what this is about; a busy machine may take more rounds.
        for (var round = 0; round < 15 || (round < 200 && cluster.Rules.Sequences.Repeated == 0); round++)
        {
            await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(0.2));
            cluster.Proxies.ForEach(proxy => proxy.ResetAll());
        }

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
        Assert.SkipUnless(cluster.Rules.Sequences.Repeated > 0, "No batch was repeated on the wire: the test is not what it says.");
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

        cluster.Proxies.ForEach(proxy => proxy.IsHalfOpen = true);
        await FaultRun.AppendForAsync(lane, TimeSpan.FromSeconds(9), perRound: 10);
        cluster.Proxies.ForEach(proxy => proxy.IsHalfOpen = false);

        await lane.EmptyAsync();
        await FaultRun.CheckAsync(cluster, lane);
        Assert.SkipUnless(cluster.Rules.Sequences.Repeated > 0, "What vanished was never repeated: the test is not what it says.");
    }
}
