using Ingest.Publishing.Requeue;

namespace Ingest.DeadLetters.Ledger;

/// <content>What can be asked of it, by any thread.</content>
internal sealed partial class DeadLetterLedger
{
    internal (long Count, long Bytes) Totals
    {
        get
        {
            lock (_lock)
            {
                return (_count, _bytes);
            }
        }
    }

    internal LedgerCounts Counts
    {
        get
        {
            lock (_lock)
            {
                var oldest = _index.Query(DeadLetterFilter.All, after: null, limit: 1);
                var lanes = _lanes.Where(lane => lane.Value.Count > 0).OrderBy(lane => lane.Key, StringComparer.Ordinal)
                    .Select(lane => new LaneDeadLetterCounts(lane.Key, lane.Value.Count, lane.Value.Requeued.Count, lane.Value.Bytes));
                return new LedgerCounts(_count, _bytes, oldest.Count > 0 ? oldest[0].FirstUnixMs : null, [.. lanes]);
            }
        }
    }

    internal DeadLetter? Find(DeadLetterKey key)
    {
        lock (_lock)
        {
            return _index.Find(key);
        }
    }

    internal IReadOnlyList<DeadLetter> Query(DeadLetterFilter filter, DeadLetterKey? after, int limit)
    {
        lock (_lock)
        {
            return _index.Query(filter, after, limit);
        }
    }

    internal RequeueTicket? Ticket(long ticket)
    {
        lock (_lock)
        {
            return _tickets.GetValueOrDefault(ticket);
        }
    }

    /// <summary>Lanes with letters to be sent again.</summary>
    internal IReadOnlyList<string> LanesWithRequeued()
    {
        lock (_lock)
        {
            return [.. _lanes.Where(lane => lane.Value.Requeued.Count > 0).Select(lane => lane.Key)];
        }
    }

    /// <summary>The next letters of a lane to be sent again, by sequence number; at least one if there is any within the bounds.</summary>
    internal IReadOnlyList<DeadLetter> NextRequeued(string lane, in RequeueBounds bounds)
    {
        lock (_lock)
        {
            var next = new List<DeadLetter>();
            var bytes = 0L;
            foreach (var sequence in LaneNeedsLock(lane).Requeued)
            {
                var letter = _index.Find(new DeadLetterKey(sequence, lane))!;
                bytes += letter.Bytes;
                if (sequence > bounds.CountedTo || (next.Count > 0 && (next.Count == bounds.EventsMax || bytes > bounds.BytesMax)))
                {
                    break;
                }
                next.Add(letter);
            }
            return next;
        }
    }

    /// <summary>The letters that lie first in the log, in that order.</summary>
    internal IReadOnlyList<DeadLetter> Oldest(int limit)
    {
        lock (_lock)
        {
            TrimPlacesNeedsLock();
            return [.. _places.Select(place => (place.Position, Letter: _index.Find(place.Key)))
                .Where(place => place.Letter?.Position == place.Position).Select(place => place.Letter!).Take(limit)];
        }
    }

    /// <summary>No record before this position is needed: of no letter, and of no delivery the accounts may not have.</summary>
    /// <param name="settledTo">Up to which position a lane's accounts on disk have its deliveries; null: there is no such lane.</param>
    internal long NeededFrom(Func<string, long?> settledTo)
    {
        lock (_lock)
        {
            TrimPlacesNeedsLock();
            var from = _places.TryPeek(out var oldest) ? oldest.Position : _applied + 1;
            foreach (var (name, lane) in _lanes)
            {
                TrimSettlements(lane, settledTo(name));
                from = lane.Settlements.TryPeek(out var settlement) ? Math.Min(from, settlement.Position) : from;
            }
            return from;
        }
    }

    /// <summary>Deliveries that the accounts of a lane may not have, the earliest first.</summary>
    internal IReadOnlyList<(string Lane, RequeueSettlement Settlement)> Settlements()
    {
        lock (_lock)
        {
            return [.. _lanes.SelectMany(lane => lane.Value.Settlements.Select(settlement => (lane.Key, settlement)))];
        }
    }

    // A lane that is gone has no accounts to keep anything for.
    private static void TrimSettlements(LaneDeadLetters lane, long? settledTo)
    {
        while (lane.Settlements.TryPeek(out var settlement) && settlement.Position <= (settledTo ?? long.MaxValue))
        {
            lane.Settlements.Dequeue();
        }
    }

    private void TrimPlacesNeedsLock()
    {
        while (_places.TryPeek(out var place) && _index.Find(place.Key)?.Position != place.Position)
        {
            _places.Dequeue();
        }
    }
}

/// <summary>How much there is.</summary>
internal sealed record LedgerCounts(long Count, long Bytes, long? OldestUnixMs, IReadOnlyList<LaneDeadLetterCounts> Lanes);
