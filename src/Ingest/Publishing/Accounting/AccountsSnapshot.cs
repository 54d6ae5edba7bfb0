namespace Ingest.Publishing.Accounting;

/// <summary>Accounts of one moment.</summary>
internal sealed record AccountsSnapshot(
    long Start, long HighWater, long Lost, long Repeated, long Recovered, IReadOnlyList<StreamAccount> Streams)
{
    internal long Delivered => Streams.Sum(stream => stream.Delivered);

    internal long DeadLettered => Streams.Sum(stream => stream.DeadLettered);

    internal long Parked => Streams.Sum(stream => stream.Parked);
}
