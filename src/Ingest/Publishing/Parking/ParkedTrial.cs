using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Parking;

/// <summary>Parked events that are tried together.</summary>
/// <param name="Stream">Their stream.</param>
/// <param name="Events">In order.</param>
/// <param name="IsOutOfTurn">A held stream's event that is not its first, to find out whether the first one alone is to blame.</param>
internal sealed record ParkedTrial(string Stream, IReadOnlyList<ParkedEvent> Events, bool IsOutOfTurn)
{
    /// <summary>The events' bodies, read by the attempt.</summary>
    internal EventBatch? Batch { get; set; }

    /// <summary>True if it is the probe by which an open breaker finds out whether the sink is back.</summary>
    internal bool IsProbe { get; init; }

    /// <summary>How the attempt ended. Written by the attempt.</summary>
    internal AttemptResult Ended { get; set; }

    /// <summary>Why the bodies could not be read; null when they could. Written by the attempt.</summary>
    internal string? NotRead { get; set; }
}
