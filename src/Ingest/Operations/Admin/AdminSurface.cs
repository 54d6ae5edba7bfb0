using Ingest.Drain;
using Ingest.Health.Policy;
using Ingest.Operations.Prometheus;
using Ingest.Operations.Status;
using Ingest.Publishing;
using Ingest.Wal;

namespace Ingest.Operations.Admin;

/// <summary>What the admin listener shows and moves.</summary>
public sealed record AdminSurface
{
    /// <summary>Who gets in.</summary>
    public required AdminGuard Guard { get; init; }

    /// <summary>For who may see <c>/metrics</c>.</summary>
    public required AdminOptions Options { get; init; }

    /// <summary>What the node looks like.</summary>
    public required StatusReader Status { get; init; }

    /// <summary>What it counts.</summary>
    public required PrometheusExporter Metrics { get; init; }

    /// <summary>The sequence that stops it.</summary>
    public required DrainController Drain { get; init; }

    /// <summary>The operator's policy.</summary>
    public required Func<PolicyFile> Policy { get; init; }

    /// <summary>Its lanes; others after a drain was taken back.</summary>
    public required Func<LaneSet> Lanes { get; init; }

    /// <summary>Its log.</summary>
    public required Func<WriteAheadLog> Log { get; init; }
}
