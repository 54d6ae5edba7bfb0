using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Receipts;

/// <summary>What a lane owes of the events up to its position. Any thread.</summary>
/// <remarks>
/// An event is among the parked ones until it is durable that it was delivered, given up, or is a dead letter; and among the dead letters
/// until the first two are. So the parked ones are asked first.
/// </remarks>
/// <param name="context">The lane.</param>
/// <param name="parked">Its parked events.</param>
internal sealed class OwedEvents(LaneContext context, ParkedEvents parked) : IOwedEvents
{
    /// <inheritdoc/>
    public bool? MayCome(long first, long last)
    {
        // Asked before the events: they are all there once it is true.
        var isComplete = parked.IsComplete;
        return parked.CountIn(first, last) > 0 ? true : isComplete ? context.DeadLetters.MayCome(context.Name, first, last) : null;
    }
}
