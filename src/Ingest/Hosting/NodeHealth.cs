using System.Text.Json;
using Ingest.Health;
using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting;

/// <summary>Shows the node to its health sampler.</summary>
internal sealed class NodeHealth : IDisposable
{
    private readonly IngestNode _node;
    private readonly NodeContext _parts;
    private readonly HealthSampler _sampler;

    internal NodeHealth(IngestNode node, NodeContext parts)
    {
        (_node, _parts) = (node, parts);
        var options = parts.Settings.Get<HealthOptions>();
        State = new HealthState(parts.Gate, options, parts.Time);
        _sampler = new HealthSampler(options, Sources(), State, node.Advice, parts.Time, parts.Loggers.CreateLogger<HealthSampler>());
    }

    internal HealthState State { get; }

    internal void Start() => _sampler.Start();

    /// <inheritdoc/>
    public void Dispose() => _sampler.Dispose();

    private HealthSources Sources() => new()
    {
        Gate = _parts.Gate,
        DataDirectory = _parts.WalPath,
        Commits = () => new CommitHeartbeat(_node.Writing.Queue.Items, _node.Writing.Queue.Groups),
        LogFailure = () => _node.LogFailure,
        Log = LogHealth,
        Lanes = () => [.. _node.Lanes.Statuses.Select(Lane)],
        Drain = Drain,
        TrimBuffers = RecordBatch.TrimPool,
        Version = NodeVersion.Text,
    };

    private LogHealth LogHealth()
    {
        var log = _node.Writing.Log;
        var bytesMax = _parts.Settings.Get<WalSettings>().BytesMax;
        return new LogHealth(log.Bytes, bytesMax, log.DurableSequence, _node.Lanes.SettledSequence, _node.Backlog.OldestAge);
    }

    private DrainHealth Drain()
    {
        var status = _node.Drain.Status;
        return new DrainHealth(Ingest.Drain.DrainPhaseText.Text(status.Phase), status.Remaining ?? TimeSpan.Zero);
    }

    private static LaneHealth Lane(LaneStatus lane)
    {
        var state = JsonNamingPolicy.SnakeCaseLower.ConvertName(lane.State.ToString());
        return new LaneHealth(lane.Name, state, lane.PendingEvents, lane.Reason.Length > 0 ? lane.Reason : null);
    }
}
