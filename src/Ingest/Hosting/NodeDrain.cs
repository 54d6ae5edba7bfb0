using Ingest.Drain;
using Ingest.Health;

namespace Ingest.Hosting;

/// <summary>What a drain moves in this node, step by step.</summary>
internal sealed class NodeDrain(IngestNode node, NodeContext parts) : IDrainSteps
{
    private const string Owner = "drain";

    /// <inheritdoc/>
    public int RequestsInFlight => node.Intake.InFlight;

    /// <inheritdoc/>
    public DrainBacklog Backlog => node.Backlog;

    /// <inheritdoc/>
    public void Announce()
    {
        parts.Gate.Announce(RefusalCode.Draining, "The node is draining; new connections belong elsewhere.", Owner);
        node.Intake.ClosesConnections = true;
    }

    /// <inheritdoc/>
    public void Refuse() => parts.Gate.Close(RefusalCode.Draining, "The node is draining and takes no more events.", Owner);

    /// <inheritdoc/>
    public Task CommitAsync() => node.Writing.Queue.CloseAsync();

    /// <inheritdoc/>
    public void Hurry() => node.HurryLanes();

    /// <inheritdoc/>
    public async Task SaveAsync()
    {
        await node.Lanes.StopAsync();
        node.Writing.MarkClean();
    }

    /// <inheritdoc/>
    public Task ResumeDeliveryAsync()
    {
        node.StartLanes();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ReopenQueueAsync()
    {
        node.Writing.Queue.Reopen();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Accept() => Announce();

    /// <inheritdoc/>
    public void Withdraw()
    {
        node.Intake.ClosesConnections = false;
        parts.Gate.Open(RefusalCode.Draining, Owner);
    }

    /// <inheritdoc/>
    public void Exit() => node.RequestExit();
}
