using Ingest.Sinks;
using Ingest.Wal;
using Microsoft.Extensions.Logging;

namespace Ingest.Publishing;

/// <summary>What a lane is made of.</summary>
internal sealed record LaneContext
{
    internal required string Name { get; init; }

    internal required string Kind { get; init; }

    internal required ISink Sink { get; init; }

    internal required WriteAheadLog Log { get; init; }

    internal required PublishingOptions Options { get; init; }

    internal required IDeadLetterStore DeadLetters { get; init; }

    internal required Instruments Instruments { get; init; }

    internal required TimeProvider Time { get; init; }

    internal required ILogger Logger { get; init; }

    internal required Random Random { get; init; }
}
