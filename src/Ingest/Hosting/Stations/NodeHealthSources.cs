using System.Text.Json;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Wal.Writing;

namespace Ingest.Hosting.Stations;

/// <summary>Shows a node to its health.</summary>
/// <param name="context">Has the gate and the settings.</param>
/// <param name="writing">The log and its queue.</param>
/// <param name="lanes">What delivers.</param>
/// <param name="backlog">What is still to be delivered.</param>
/// <param name="drain">The sequence that stops the node.</param>
internal sealed class NodeHealthSources(
    NodeContext context, NodeLog writing, LaneSet lanes, DeliveryBacklog backlog, DrainController drain) : IHealthSources
{
    /// <inheritdoc/>
    public AdmissionGate Gate => context.Gate;

    /// <inheritdoc/>
    public string DataDirectory => context.WalPath;

    /// <inheritdoc/>
    public CommitHeartbeat Commits => new(writing.Queue.Items, writing.Queue.Groups);

    /// <inheritdoc/>
    public string? LogFailure => writing.Failure;

    /// <inheritdoc/>
    public LogHealth Log => new(
        writing.Log.Bytes,
        context.Settings.Get<WalSettings>().BytesMax,
        writing.Log.DurableSequence,
        lanes.SettledSequence,
        backlog.Current.OldestAge);

    /// <inheritdoc/>
    public IReadOnlyList<LaneHealth> Lanes => [.. lanes.Statuses.Select(Lane)];

    /// <inheritdoc/>
    public DrainHealth Drain
    {
        get
        {
            var status = drain.Status;
            return new DrainHealth(DrainPhaseText.Text(status.Phase), status.Remaining ?? TimeSpan.Zero);
        }
    }

    /// <inheritdoc/>
    public string Version => NodeVersion.Text;

    /// <inheritdoc/>
    public void TrimBuffers()
    {
        RecordBatch.TrimPool();
        writing.Log.TrimTail();
    }

    private static LaneHealth Lane(LaneStatus lane)
    {
        var state = JsonNamingPolicy.SnakeCaseLower.ConvertName(lane.State.ToString());
        return new LaneHealth(lane.Name, state, lane.PendingEvents, lane.Reason.Length > 0 ? lane.Reason : null);
    }
}
