using Ingest.Intake.Receipts;
using Ingest.Publishing.Receipts;
using Ingest.Wal;

namespace Ingest.Hosting.Stations;

/// <summary>Tells intake what became of events at the node's lanes.</summary>
internal sealed class NodeDeliveries(DeliveryReceipts receipts, WriteAheadLog log) : IDeliveries
{
    /// <inheritdoc/>
    public string IdentityOf(long sequence) => log.EpochOf(sequence).ToString("N");

    /// <inheritdoc/>
    public IReadOnlyList<EventReceipt> Receipts(long first, long last) =>
        [.. receipts.Read(first, last).Select(lane => new EventReceipt(
            lane.Lane, lane.Delivered, lane.Pending, lane.Parked, lane.DeadLettered, lane.Dropped, lane.Unknown))];

    /// <inheritdoc/>
    public Task WhenSettledAsync(long sequence, CancellationToken cancel) => receipts.WhenSettledAsync(sequence, cancel);
}
