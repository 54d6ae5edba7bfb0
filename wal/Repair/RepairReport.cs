using Ingest.Wal.Inspection;

namespace Ingest.Wal.Repair;

/// <summary>What a repair did, or would do.</summary>
public sealed record RepairReport
{
    /// <summary>False: nothing was changed, this is what would be done.</summary>
    public required bool Applied { get; init; }

    /// <summary>
    /// The end of the log was cut off, and nothing tells how much it held: what no step counts may be lost. The log is sound afterwards.
    /// </summary>
    public bool LossIsUncounted => Before.LossIsUncounted;

    /// <summary>In the order they are done; empty when the log is sound.</summary>
    public required IReadOnlyList<RepairStep> Steps { get; init; }

    /// <summary>What verification says before.</summary>
    public required VerifyReport Before { get; init; }

    /// <summary>What verification says after. Not sound: something is left that only a person can decide.</summary>
    public required VerifyReport After { get; init; }
}
