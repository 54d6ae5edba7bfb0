using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Scheduling;

/// <summary>
/// The deliveries of a lane, oldest events first, and the rule that keeps events of one key in order: what failed is sent again before
/// anything later of its keys. Pure; lane loop only.
/// </summary>
/// <param name="concurrent">
/// True: deliveries that share no group of keys go at once, each on its own. False: batches are consecutive, and after a failure everything
/// else ends before the failed deliveries go again, one after another.
/// </param>
internal sealed class BatchDeliveries(bool concurrent)
{
    private readonly List<BatchDelivery> _deliveries = [];

    internal int Count => _deliveries.Count;

    internal IReadOnlyList<BatchDelivery> All => _deliveries;

    internal int InFlight { get; private set; }

    internal int InFlightEvents { get; private set; }

    /// <summary>Groups of all deliveries, in flight or waiting.</summary>
    internal ulong Busy
    {
        get
        {
            var busy = 0UL;
            foreach (var delivery in _deliveries)
            {
                busy |= delivery.Groups;
            }
            return busy;
        }
    }

    /// <summary>Deliveries that share no group go at once.</summary>
    internal bool IsConcurrent => concurrent;

    /// <summary>Whether events not sent before may go now, if their keys are free.</summary>
    internal bool TakesNew => concurrent || InFlight == _deliveries.Count;

    /// <summary>Some delivery was never tried, or not since it was split off.</summary>
    internal bool HasUntried => _deliveries.Exists(delivery => !delivery.IsInFlight && (delivery.Attempts == 0 || delivery.IsUntriedPart));

    /// <summary>The delivery to send again now; null when none may go.</summary>
    internal BatchDelivery? NextRetry(TimeSpan now)
    {
        if (!concurrent)
        {
            return InFlight == 0 ? _deliveries.Find(delivery => delivery.Due <= now && IsFree(delivery)) : null;
        }
        var earlier = 0UL;
        foreach (var delivery in _deliveries)
        {
            if (!delivery.IsInFlight && delivery.Due <= now && ((delivery.Groups & earlier) == 0 || delivery.IsBeside))
            {
                return delivery;
            }
            earlier |= delivery.Groups;
        }
        return null;
    }

    /// <summary>
    /// The waiting delivery a probe tries: the one whose last attempt is the longest ago, so that one bad batch cannot be every probe.
    /// </summary>
    internal BatchDelivery? NextProbe()
    {
        BatchDelivery? next = null;
        var earlier = 0UL;
        foreach (var delivery in _deliveries)
        {
            var isFree = concurrent ? (delivery.Groups & earlier) == 0 || delivery.IsBeside : IsFree(delivery);
            if (!delivery.IsInFlight && isFree
                && (next is null || delivery.Permit.Number < next.Permit.Number))
            {
                next = delivery;
            }
            earlier |= delivery.Groups;
        }
        return next;
    }

    /// <summary>When the next waiting delivery is due after <paramref name="now"/>; null when none is.</summary>
    internal TimeSpan? NextDue(TimeSpan now)
    {
        TimeSpan? next = null;
        foreach (var delivery in _deliveries)
        {
            if (!delivery.IsInFlight && delivery.Due > now && (next is null || delivery.Due < next))
            {
                next = delivery.Due;
            }
        }
        return next;
    }

    internal void Add(BatchDelivery delivery) => _deliveries.Add(delivery);

    internal void InsertBefore(BatchDelivery next, BatchDelivery delivery) => _deliveries.Insert(_deliveries.IndexOf(next), delivery);

    internal void Remove(BatchDelivery delivery) => _deliveries.Remove(delivery);

    internal void Started(BatchDelivery delivery)
    {
        delivery.IsInFlight = true;
        InFlight++;
        InFlightEvents += delivery.Batch.Count;
    }

    internal void Completed(BatchDelivery delivery)
    {
        delivery.IsInFlight = false;
        InFlight--;
        InFlightEvents -= delivery.Batch.Count;
    }

    /// <summary>Lets everything that waits go at once.</summary>
    internal void SkipWaits()
    {
        foreach (var delivery in _deliveries)
        {
            delivery.Due = TimeSpan.Zero;
        }
    }

    /// <summary>
    /// Indexes of a batch's events whose key, or stream where <paramref name="byStream"/>, an earlier delivery has that waits. Only failures
    /// make it necessary to look.
    /// </summary>
    internal HashSet<int> Conflicts(BatchDelivery later, bool byStream)
    {
        var names = new HashSet<ulong>();
        foreach (var delivery in _deliveries.TakeWhile(delivery => delivery != later))
        {
            for (var i = 0; i < delivery.Batch.Count; i++)
            {
                names.Add(NameOf(delivery.Batch, i, byStream));
            }
        }
        names.Remove(0);
        return [.. Enumerable.Range(0, later.Batch.Count).Where(i => names.Contains(NameOf(later.Batch, i, byStream)))];
    }

    // Batches that follow each other go in order; one that was put together around what waits goes before it, and has no key of it.
    private bool IsFree(BatchDelivery delivery) => delivery == _deliveries[0] || delivery.IsBeside;

    private static ulong NameOf(EventBatch batch, int index, bool byStream) =>
        ParkedEvents.HashOf(byStream ? batch[index].Stream : batch[index].Key);
}
