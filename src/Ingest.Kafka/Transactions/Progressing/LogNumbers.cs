using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>What a log knows of the numbers it gave out.</summary>
/// <param name="EpochOf">The opening that gave a number out.</param>
/// <param name="LastOfEpoch">The last number an opening may have given out; null for one that the log does not know.</param>
/// <param name="WasPassedOver">Whether a number was passed over at a start, for no event had it.</param>
internal sealed record LogNumbers(Func<long, Guid> EpochOf, Func<Guid, long?> LastOfEpoch, Func<long, bool> WasPassedOver)
{
    /// <summary>The log that a sink gets its events from.</summary>
    internal static LogNumbers Of(SinkSetup setup) => new(setup.EpochOf, setup.LastOfEpoch, setup.WasPassedOver);

    /// <summary>
    /// Whether an opening delivered events up to a number that the log never had: it is an older copy of the one that did. A copy that was
    /// started passes over the numbers behind its last event, as a node does after a crash; a node has what it delivered.
    /// </summary>
    internal bool Lacks(Guid opening, long delivered) =>
        LastOfEpoch(opening) is not { } last || delivered > last || (EpochOf(delivered) == opening && WasPassedOver(delivered));
}
