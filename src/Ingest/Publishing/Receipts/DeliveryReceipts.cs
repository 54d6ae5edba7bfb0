using Ingest.Publishing.Lanes;

namespace Ingest.Publishing.Receipts;

/// <summary>What became of events at the lanes of a node: for producers who ask, and for those who wait. Any thread.</summary>
/// <param name="lanes">The lanes.</param>
/// <param name="only">Names of those that count; empty: all.</param>
public sealed class DeliveryReceipts(LaneSet lanes, IReadOnlyCollection<string> only)
{
    /// <summary>What became of a range of events at each lane.</summary>
    /// <param name="first">The first event, at least 1.</param>
    /// <param name="last">The last event, at least <paramref name="first"/>.</param>
    public IReadOnlyList<LaneReceipt> Read(long first, long last) => [.. lanes.Named(only).Select(lane => lane.Receipts.Read(first, last))];

    /// <summary>
    /// Ends when each lane has settled everything up to an event, or is cancelled. Lanes that stop meanwhile settle nothing more.
    /// </summary>
    /// <param name="sequence">The event.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task WhenSettledAsync(long sequence, CancellationToken cancel)
    {
        foreach (var lane in lanes.Named(only))
        {
            await lane.Receipts.WhenSettledAsync(sequence, cancel);
        }
    }
}
