using Ingest.Drain;
using Ingest.Health;

namespace Ingest.Simulation.Node;

/// <summary>What a drain moves in a simulated node: as NodeDrain does, without what speaks HTTP.</summary>
internal sealed class SimulatedDrainSteps(SimulatedNode node) : IDrainSteps
{
    private const string Owner = "drain";

    public int RequestsInFlight => node.RequestsInFlight;

    public DrainBacklog Backlog =>
        new(node.Lanes.Statuses.Select(lane => lane.PendingEvents).DefaultIfEmpty().Max(), 0, TimeSpan.Zero);

    public void Announce() => node.Gate.Announce(RefusalCode.Draining, "draining", Owner);

    public void Refuse() => node.Gate.Close(RefusalCode.Draining, "draining", Owner);

    public Task CommitAsync() => node.Queue.CloseAsync();

    public void Hurry() => _ = node.Lanes.DrainAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);

    public async Task SaveAsync()
    {
        await node.Lanes.StopAsync();
        node.MarkClean();
    }

    public Task ResumeDeliveryAsync()
    {
        if (node.Lanes.IsStopped)
        {
            node.Lanes.Start();
        }
        else
        {
            node.Lanes.EndDrain();
        }
        return Task.CompletedTask;
    }

    public Task ReopenQueueAsync()
    {
        node.Queue.Reopen();
        return Task.CompletedTask;
    }

    public void Accept() => Announce();

    public void Withdraw() => node.Gate.Open(RefusalCode.Draining, Owner);

    public void Exit() => node.IsExiting = true;
}
