using Ingest.Events;
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
    /// <summary>An attempt that takes longer holds up its own keys and no others.</summary>
    internal static readonly TimeSpan SlowAfter = TimeSpan.FromMilliseconds(500);

    private readonly List<BatchDelivery> _deliveries = [];

    internal int Count => _deliveries.Count;

    internal IReadOnlyList<BatchDelivery> All => _deliveries;

    internal int InFlight { get; private set; }

    internal int InFlightEvents { get; private set; }

    /// <summary>When an attempt began or ended the last time, on the lane's clock.</summary>
    internal TimeSpan LastMoved { get; private set; }

    /// <summary>
    /// Groups of all deliveries that are neither slow nor wait: of those <see cref="Conflicts"/> knows the very keys, so that others of
    /// their groups need not wait with them.
    /// </summary>
    internal ulong BusyAt(TimeSpan now)
    {
        var busy = 0UL;
        foreach (var delivery in _deliveries)
        {
            busy |= IsStuck(delivery, now) ? 0 : delivery.Groups;
        }
        return busy;
    }

    /// <summary>When the next attempt under way becomes a slow one; null when none does.</summary>
    internal TimeSpan? NextSlow(TimeSpan now)
    {
        TimeSpan? next = null;
        foreach (var delivery in _deliveries)
        {
            var at = delivery.Started + SlowAfter;
            next = concurrent && delivery.IsInFlight && at > now && !(at > next) ? at : next;
        }
        return next;
    }

    /// <summary>Deliveries that share no group go at once.</summary>
    internal bool IsConcurrent => concurrent;

    /// <summary>Whether events not sent before may go now, if their keys are free.</summary>
    internal bool TakesNew => concurrent || InFlight == _deliveries.Count;

    /// <summary>Some delivery that may go was never tried, or not since it was split off.</summary>
    internal bool HasUntried
    {
        get
        {
            var earlier = 0UL;
            foreach (var delivery in _deliveries)
            {
                if (!delivery.IsInFlight && (delivery.Attempts == 0 || delivery.IsUntriedPart) && IsFree(delivery, earlier))
                {
                    return true;
                }
                earlier |= delivery.Groups;
            }
            return false;
        }
    }

    /// <summary>The delivery to send again now; null when none may go.</summary>
    internal BatchDelivery? NextRetry(TimeSpan now)
    {
        if (!concurrent)
        {
            return InFlight == 0 ? _deliveries.Find(delivery => delivery.Due <= now && IsFree(delivery, 0)) : null;
        }
        var earlier = 0UL;
        foreach (var delivery in _deliveries)
        {
            if (!delivery.IsInFlight && delivery.Due <= now && IsFree(delivery, earlier))
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
    /// <param name="mayBeTaken">Not what the sink asked to come back later with, unless it was split since.</param>
    internal BatchDelivery? NextProbe(bool mayBeTaken = false)
    {
        BatchDelivery? next = null;
        var earlier = 0UL;
        foreach (var delivery in _deliveries)
        {
            if (!delivery.IsInFlight && IsFree(delivery, earlier)
                && (!mayBeTaken || delivery.IsUntriedPart || delivery.LastVerdict.RetryAfter is null)
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

    /// <summary>The oldest delivery of the lane's own events that waits; null when none does.</summary>
    internal BatchDelivery? FirstWaitingEvents => _deliveries.Find(delivery => !delivery.IsInFlight && delivery.Requeue is null);

    internal void Add(BatchDelivery delivery) => _deliveries.Add(delivery);

    internal void InsertBefore(BatchDelivery next, BatchDelivery delivery) => _deliveries.Insert(_deliveries.IndexOf(next), delivery);

    internal void Remove(BatchDelivery delivery) => _deliveries.Remove(delivery);

    internal void Started(BatchDelivery delivery, TimeSpan now)
    {
        (LastMoved, delivery.Started) = (now, now);
        delivery.IsInFlight = true;
        InFlight++;
        InFlightEvents += delivery.Batch.Count;
    }

    internal void Completed(BatchDelivery delivery, TimeSpan now)
    {
        LastMoved = now;
        delivery.IsInFlight = false;
        InFlight--;
        InFlightEvents -= delivery.Batch.Count;
    }

    /// <summary>
    /// Joins two neighbours that wait, so that there is room for one more. Null: there are none that fit together. The batches of the two
    /// are the caller's.
    /// </summary>
    internal (BatchDelivery First, BatchDelivery Second)? JoinNeighbours(SinkTraits traits)
    {
        for (var i = 1; i < _deliveries.Count; i++)
        {
            var (first, second) = (_deliveries[i - 1], _deliveries[i]);
            if (MayJoin(first) && MayJoin(second) && first.Batch.Count + second.Batch.Count <= traits.BatchEventsMax
                && (long)first.Batch.Bytes + second.Batch.Bytes <= traits.BatchBytesMax)
            {
                _deliveries[i - 1] = first.Join(second);
                _deliveries.RemoveAt(i);
                return (first, second);
            }
        }
        return null;

        static bool MayJoin(BatchDelivery delivery) =>
            !delivery.IsInFlight && delivery.Requeue is null && delivery.NotStored is null;
    }

    /// <summary>
    /// Adds events that have to wait for what waits: to the last delivery that was put together so, where they fit and nothing behind it
    /// has a key, or stream where <paramref name="byStream"/>, of theirs. Returns the one whose batch is the caller's, if there is one.
    /// </summary>
    internal BatchDelivery? AddBehind(BatchDelivery behind, SinkTraits traits, bool byStream)
    {
        var last = _deliveries.FindLastIndex(delivery => delivery is { IsInFlight: false, IsBeside: false, Attempts: 0, Requeue: null });
        if (last < 0 || _deliveries[last].Batch.Count + behind.Batch.Count > traits.BatchEventsMax
            || (long)_deliveries[last].Batch.Bytes + behind.Batch.Bytes > traits.BatchBytesMax
            || SharingWith(_deliveries.Skip(last + 1), behind, byStream).Count > 0)
        {
            Add(behind);
            return null;
        }
        var before = _deliveries[last];
        _deliveries[last] = before.Join(behind);
        return before;
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
    /// Indexes of a batch's events whose key, or stream where <paramref name="byStream"/>, an earlier delivery has. Only failures and slow
    /// attempts make it necessary to look.
    /// </summary>
    internal HashSet<int> Conflicts(BatchDelivery later, bool byStream) =>
        SharingWith(_deliveries.TakeWhile(delivery => delivery != later), later, byStream);

    /// <summary>Looks which waiting deliveries no longer have a key, or stream, in common with an earlier one.</summary>
    internal void SetBeside(bool byStream)
    {
        foreach (var delivery in _deliveries.Where(delivery => delivery is { IsInFlight: false, IsBeside: false }))
        {
            delivery.IsBeside = Conflicts(delivery, byStream).Count == 0;
        }
    }

    /// <summary>Something waits or is slow, besides <paramref name="one"/>.</summary>
    internal bool HasStuck(BatchDelivery one, TimeSpan now) =>
        _deliveries.Exists(delivery => delivery != one && IsStuck(delivery, now));

    private static HashSet<int> SharingWith(IEnumerable<BatchDelivery> others, BatchDelivery one, bool byStream)
    {
        var names = new HashSet<ulong>();
        foreach (var other in others)
        {
            for (var i = 0; i < other.Batch.Count; i++)
            {
                names.Add(NameOf(other.Batch, i, byStream));
            }
        }
        names.Remove(0);
        return [.. Enumerable.Range(0, one.Batch.Count).Where(i => names.Contains(NameOf(one.Batch, i, byStream)))];
    }

    private bool IsStuck(BatchDelivery delivery, TimeSpan now) =>
        !concurrent || !delivery.IsInFlight || delivery.Started + SlowAfter <= now;

    // Batches that follow each other go in order; one that was put together around what waits goes before it, and has no key of it.
    private bool IsFree(BatchDelivery delivery, ulong earlierGroups) =>
        delivery.IsBeside || (concurrent ? (delivery.Groups & earlierGroups) == 0 : delivery == _deliveries[0]);

    private static ulong NameOf(EventBatch batch, int index, bool byStream) =>
        NameHash.Of(byStream ? batch[index].Stream : batch[index].Key);
}
