using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Health.Policy;
using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Wal;

namespace Ingest.Operations.Admin;

/// <summary>The stations of an open node that operators move. Each lives as long as the node.</summary>
/// <param name="Log">The log.</param>
/// <param name="Queue">What waits for it.</param>
/// <param name="Lanes">What delivers it.</param>
/// <param name="DeadLetters">What sinks refused.</param>
/// <param name="Policy">The operator's policy.</param>
/// <param name="Drain">The sequence that stops the node.</param>
public sealed record NodeStations(
    WriteAheadLog Log, CommitQueue Queue, LaneSet Lanes, DeadLetterStore DeadLetters, PolicyFile Policy, DrainController Drain);
