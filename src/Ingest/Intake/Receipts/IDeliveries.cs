namespace Ingest.Intake.Receipts;

/// <summary>What intake asks of delivery. Any thread.</summary>
internal interface IDeliveries
{
    /// <summary>The identity under which an event was given its number: what stands before the number in <c>ingest-id</c>.</summary>
    string IdentityOf(long sequence);

    /// <summary>What became of a range of events at each lane that counts.</summary>
    IReadOnlyList<EventReceipt> Receipts(long first, long last);

    /// <summary>Ends when those lanes have settled everything up to an event, or is cancelled.</summary>
    Task WhenSettledAsync(long sequence, CancellationToken cancel);

    /// <summary>Whether all those lanes have delivered a range of events.</summary>
    bool AreDelivered(long first, long last) =>
        Receipts(first, last) is { Count: > 0 } lanes && lanes.All(lane => lane.Delivered == last - first + 1);
}

/// <summary>What became of a range of events at one lane; the counts add up to the range.</summary>
internal readonly record struct EventReceipt(
    string Lane, long Delivered, long Pending, long Parked, long DeadLettered, long Dropped, long Unknown);
