using System.Text.Json;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Health.Advice;
using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Stations;

/// <summary>Shows the node to its health sampler.</summary>
internal sealed class NodeHealth : IDisposable
{
    private readonly NodeContext _context;
    private readonly NodeLog _writing;
    private readonly LaneSet _lanes;
    private readonly DeliveryBacklog _backlog;
    private readonly DrainController _drain;
    private readonly HealthSampler _sampler;

    public NodeHealth(
        NodeContext context, NodeLog writing, LaneSet lanes, DeliveryBacklog backlog, DrainController drain, RetryAdvice advice)
    {
        (_context, _writing, _lanes, _backlog, _drain) = (context, writing, lanes, backlog, drain);
        var options = context.Settings.Get<HealthOptions>();
        State = new HealthState(context.Gate, options, context.Time);
        _sampler = new HealthSampler(options, Sources(), State, advice, context.Time, context.Loggers.CreateLogger<HealthSampler>());
    }

    internal HealthState State { get; }

    internal void Start() => _sampler.Start();

    /// <inheritdoc/>
    public void Dispose() => _sampler.Dispose();

    private HealthSources Sources() => new()
    {
        Gate = _context.Gate,
        DataDirectory = _context.WalPath,
        Commits = () => new CommitHeartbeat(_writing.Queue.Items, _writing.Queue.Groups),
        LogFailure = () => _writing.Failure,
        Log = LogHealth,
        Lanes = () => [.. _lanes.Statuses.Select(Lane)],
        Drain = Drain,
        TrimBuffers = RecordBatch.TrimPool,
        Version = NodeVersion.Text,
    };

    private LogHealth LogHealth()
    {
        var log = _writing.Log;
        var bytesMax = _context.Settings.Get<WalSettings>().BytesMax;
        return new LogHealth(log.Bytes, bytesMax, log.DurableSequence, _lanes.SettledSequence, _backlog.Current.OldestAge);
    }

    private DrainHealth Drain()
    {
        var status = _drain.Status;
        return new DrainHealth(DrainPhaseText.Text(status.Phase), status.Remaining ?? TimeSpan.Zero);
    }

    private static LaneHealth Lane(LaneStatus lane)
    {
        var state = JsonNamingPolicy.SnakeCaseLower.ConvertName(lane.State.ToString());
        return new LaneHealth(lane.Name, state, lane.PendingEvents, lane.Reason.Length > 0 ? lane.Reason : null);
    }
}
