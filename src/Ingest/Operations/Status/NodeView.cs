using Ingest.DeadLetters;
using Ingest.Health;
using Ingest.Health.Policy;
using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Queue.Totals;
using Ingest.Wal;

namespace Ingest.Operations.Status;

/// <summary>
/// What status and instruments look at: the parts of an open node, and what is read of the others each time.
/// </summary>
internal sealed record NodeView
{
    /// <summary>What the node is called.</summary>
    internal required string Name { get; init; }

    /// <summary>The version that runs.</summary>
    internal required string Version { get; init; }

    /// <summary>Whether intake accepts, and why not.</summary>
    internal required AdmissionGate Gate { get; init; }

    /// <summary>The open log.</summary>
    internal required WriteAheadLog Log { get; init; }

    /// <summary>Where it lies.</summary>
    internal required string LogDirectory { get; init; }

    /// <summary>Its limits.</summary>
    internal required WalSettings WalSettings { get; init; }

    /// <summary>What waits for the disk.</summary>
    internal required CommitQueue Queue { get; init; }

    /// <summary>How much may.</summary>
    internal required QueueOptions QueueOptions { get; init; }

    /// <summary>What each stream was promised.</summary>
    internal required Func<IReadOnlyList<StreamTotal>> Streams { get; init; }

    /// <summary>Every lane, and the cursors without one.</summary>
    internal required ILaneStatuses Lanes { get; init; }

    /// <summary>Events that sinks refused.</summary>
    internal required Func<DeadLetterStatus> DeadLetters { get; init; }

    /// <summary>How far a drain is.</summary>
    internal required Func<Drain.DrainStatus> Drain { get; init; }

    /// <summary>The last look at memory and disk; null before the first.</summary>
    internal required Func<HealthSample?> Health { get; init; }

    /// <summary>The operator's policy file; null where there can be none.</summary>
    internal Func<PolicyStatus?> Policy { get; init; } = () => null;
}
