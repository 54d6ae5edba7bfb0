using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Health.Policy;
using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Stations;
using Ingest.Intake.Dialects.Engine;
using Ingest.Intake.Http;
using Ingest.Publishing.Lanes;

namespace Ingest.Hosting;

/// <summary>
/// The stations of an open node. Making it opens the node, in this order: a station is opened when the container makes it, and closed, in
/// the reverse order, when the container is disposed of.
/// </summary>
/// <param name="Writing">The log, and what writes it.</param>
/// <param name="Policy">The operator's policy.</param>
/// <param name="DeadLetters">Events that sinks refused.</param>
/// <param name="Lanes">What delivers.</param>
/// <param name="Intake">What takes events.</param>
/// <param name="Dialects">What takes events in other dialects.</param>
/// <param name="Replay">Reads back what tells repeats.</param>
/// <param name="Repeats">Keeps what tells repeats.</param>
/// <param name="Producers">Keeps which number each producer's next event has.</param>
/// <param name="Drain">The sequence that stops the node.</param>
/// <param name="Health">What probes are answered.</param>
internal sealed record OpenNode(
    NodeLog Writing,
    PolicyFile Policy,
    DeadLetterStore DeadLetters,
    LaneSet Lanes,
    IntakeEndpoint Intake,
    DialectEndpoint Dialects,
    IdempotencyReplay Replay,
    IdempotencyKeeping Repeats,
    ProducerKeeping Producers,
    DrainController Drain,
    NodeHealth Health);
