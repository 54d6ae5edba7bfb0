using Ingest.Publishing.Accounting;
using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;
using Ingest.Wal;
using Microsoft.Extensions.Logging;

namespace Ingest.Publishing.Lanes;

/// <summary>Makes an event's record body of another log's record, valid until the next call. False: it holds none.</summary>
internal delegate bool EventMaker(ReadOnlySpan<byte> record, out ReadOnlySpan<byte> body);

/// <summary>What a lane is made of.</summary>
internal sealed record LaneContext
{
    internal required string Name { get; init; }

    internal required string Kind { get; init; }

    internal required ISink Sink { get; init; }

    internal required WriteAheadLog Log { get; init; }

    /// <summary>Makes events of the log's records; null where these are events.</summary>
    internal EventMaker? Records { get; init; }

    /// <summary>Where events are parked; null: this lane parks none.</summary>
    internal ParkedPlace? Parked { get; init; }

    internal required PublishingOptions Options { get; init; }

    internal required IDeadLetterStore DeadLetters { get; init; }

    internal required Instruments Instruments { get; init; }

    internal required TimeProvider Time { get; init; }

    internal required ILogger Logger { get; init; }

    internal required Random Random { get; init; }

    /// <summary>Attempts by verdict, counted on by each lane of this name.</summary>
    internal AttemptCounts Attempts { get; init; } = new();

    /// <summary>Told when the lane's accounts began anew, where an operator said that it goes on. Lane loop.</summary>
    internal Action BeganAnew { get; init; } = () => { };

    /// <summary>Durable events behind a position: numbers that were never given out are none. Any thread.</summary>
    internal long Given(long after)
    {
        var durable = Log.DurableSequence;
        return durable - after - (Log.SkippedUpTo(durable) - Log.SkippedUpTo(after));
    }
}
