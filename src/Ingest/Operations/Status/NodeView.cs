using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Health.Policy;
using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Queue.Totals;
using Ingest.Wal;

namespace Ingest.Operations.Status;

/// <summary>The stations of an open node that status and instruments read. Each lives as long as the node.</summary>
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

    /// <summary>The log's limits.</summary>
    internal required WalSettings WalSettings { get; init; }

    /// <summary>What waits for the disk.</summary>
    internal required CommitQueue Queue { get; init; }

    /// <summary>How much may.</summary>
    internal required QueueOptions QueueOptions { get; init; }

    /// <summary>What each stream was promised.</summary>
    internal required StreamTotals Streams { get; init; }

    /// <summary>Every lane, and the cursors without one.</summary>
    internal required ILaneStatuses Lanes { get; init; }

    /// <summary>Events that sinks refused.</summary>
    internal required IDeadLetterStatus DeadLetters { get; init; }

    /// <summary>How far a drain is.</summary>
    internal required IDrainStatus Drain { get; init; }

    /// <summary>What is known of producers.</summary>
    internal required Func<ProducersStatus> Producers { get; init; }

    /// <summary>Has the last look at memory and disk.</summary>
    internal required HealthState Health { get; init; }

    /// <summary>The operator's policy file; null where there can be none.</summary>
    internal PolicyFile? Policy { get; init; }
}
