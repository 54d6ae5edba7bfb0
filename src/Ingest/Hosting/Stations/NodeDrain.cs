using Ingest.Drain;
using Ingest.Health;
using Ingest.Intake.Http;
using Ingest.Publishing.Lanes;

namespace Ingest.Hosting.Stations;

/// <summary>What a drain moves in this node, step by step.</summary>
/// <param name="context">Has the gate.</param>
/// <param name="intake">What takes events.</param>
/// <param name="writing">The log and its queue.</param>
/// <param name="lanes">What delivers.</param>
/// <param name="backlog">What is still to be delivered.</param>
/// <param name="exit">Told at the end.</param>
internal sealed class NodeDrain(
    NodeContext context, IntakeEndpoint intake, NodeLog writing, LaneSet lanes, DeliveryBacklog backlog, NodeExit exit) : IDrainSteps
{
    private const string Owner = "drain";

    /// <inheritdoc/>
    public int RequestsInFlight => intake.InFlight;

    /// <inheritdoc/>
    public DrainBacklog Backlog => backlog.Current;

    /// <inheritdoc/>
    public void Announce()
    {
        context.Gate.Announce(RefusalCode.Draining, "The node is draining; new connections belong elsewhere.", Owner);
        intake.ClosesConnections = true;
        intake.Waits.End(on: true);
    }

    /// <inheritdoc/>
    public void Refuse() => context.Gate.Close(RefusalCode.Draining, "The node is draining and takes no more events.", Owner);

    /// <inheritdoc/>
    public Task CommitAsync() => writing.Queue.CloseAsync();

    /// <inheritdoc/>
    public void Hurry() => _ = lanes.DrainAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);

    /// <inheritdoc/>
    public async Task SaveAsync()
    {
        await lanes.StopAsync();
        writing.MarkClean();
    }

    /// <inheritdoc/>
    public Task ResumeDeliveryAsync()
    {
        if (lanes.IsStopped)
        {
            lanes.Start();
        }
        else
        {
            lanes.EndDrain();
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ReopenQueueAsync()
    {
        writing.Queue.Reopen();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Accept() => Announce();

    /// <inheritdoc/>
    public void Withdraw()
    {
        intake.ClosesConnections = false;
        intake.Waits.End(on: false);
        context.Gate.Open(RefusalCode.Draining, Owner);
    }

    /// <inheritdoc/>
    public void Exit() => exit.Request();
}
