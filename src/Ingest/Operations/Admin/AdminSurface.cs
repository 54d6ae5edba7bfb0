using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Health.Policy;
using Ingest.Operations.Audit;
using Ingest.Operations.Debug;
using Ingest.Operations.Fleet;
using Ingest.Operations.History;
using Ingest.Operations.Prometheus;
using Ingest.Operations.Status;
using Ingest.Publishing.Lanes;
using Ingest.Wal;

namespace Ingest.Operations.Admin;

/// <summary>What the admin listener shows and moves.</summary>
internal sealed record AdminSurface
{
    /// <summary>Decides who gets in.</summary>
    public required AdminGuard Guard { get; init; }

    /// <summary>For who may see <c>/metrics</c>.</summary>
    public required AdminOptions Options { get; init; }

    /// <summary>What the node looks like.</summary>
    public required StatusReader Status { get; init; }

    /// <summary>The node's parts: made when the first request asks, for routes are mapped before the node is open.</summary>
    public required Lazy<NodeStations> Node { get; init; }

    /// <summary>What it counts.</summary>
    public required PrometheusExporter Metrics { get; init; }

    /// <summary>The sequence that stops it.</summary>
    public DrainController Drain => Node.Value.Drain;

    /// <summary>The operator's policy.</summary>
    public PolicyFile Policy => Node.Value.Policy;

    /// <summary>The node's lanes.</summary>
    public LaneSet Lanes => Node.Value.Lanes;

    /// <summary>The node's log.</summary>
    public WriteAheadLog Log => Node.Value.Log;

    /// <summary>Where the log lies, absolute.</summary>
    public required string LogDirectory { get; init; }

    /// <summary>Nothing more is committed until a drain is taken back.</summary>
    public bool TakesNoMore => Node.Value.Queue.IsClosed;

    /// <summary>
    /// Every key with its value, secrets masked: read when the first request asks, because a node lowers some as it opens.
    /// </summary>
    public required Lazy<IReadOnlyList<ShownSetting>> Settings { get; init; }

    /// <summary>Keys of secrets that the process's command line gives away.</summary>
    public required IReadOnlyList<string> SecretsInSight { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Ends what streams when the process leaves.</summary>
    public required CancellationToken Stopping { get; init; }

    /// <summary>What operators did.</summary>
    public required AuditTrail Audit { get; init; }

    /// <summary>The node's last hour.</summary>
    internal required NodeHistory History { get; init; }

    /// <summary>What rows of the history are held against.</summary>
    internal required IReadOnlyDictionary<string, double> HistoryLimits { get; init; }

    /// <summary>The node beside the others.</summary>
    internal required FleetReader Fleet { get; init; }

    /// <summary>What its sinks refused.</summary>
    public DeadLetterStore DeadLetters => Node.Value.DeadLetters;
}
