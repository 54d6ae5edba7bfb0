namespace Ingest.Publishing.Receipts;

/// <summary>What became of a range of events at one lane. The counts add up to the numbers in the range.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Delivered">Its sink has them.</param>
/// <param name="Pending">To be delivered still. Those delivered ahead of an earlier event of the log that waits count here.</param>
/// <param name="Parked">The sink takes others but not these: tried again on their own schedule.</param>
/// <param name="DeadLettered">Refused; in the dead letters.</param>
/// <param name="Dropped">Given up by an operator since the node started.</param>
/// <param name="Unknown">
/// The lane cannot tell: not given out, older than the lane, not readable, or possibly given up by an operator in an earlier run.
/// </param>
public sealed record LaneReceipt(
    string Lane, long Delivered, long Pending, long Parked, long DeadLettered, long Dropped, long Unknown)
{
    /// <summary>Every event of the range is at the sink.</summary>
    public bool IsDelivered => Pending + Parked + DeadLettered + Dropped + Unknown == 0;

    /// <summary>Nothing of the range waits for the sink.</summary>
    public bool IsSettled => Pending + Parked == 0;
}
