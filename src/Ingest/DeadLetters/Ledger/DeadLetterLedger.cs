using Ingest.DeadLetters.Storage;
using Ingest.Publishing.Requeue;

namespace Ingest.DeadLetters.Ledger;

/// <summary>
/// The state that the records of the dead-letter log amount to, applied one after another: the same after a restart as before. One thread
/// applies records; any thread asks.
/// </summary>
/// <remarks>
/// Invariants:
/// 1. State is a function of the records alone, so a restart cannot disagree with the run before it.
/// 2. A letter above the high water with which its lane began is void: its event is sent again and decided anew.
/// 3. A dropped letter stays dropped. Its lane may store it once more after a crash, because its accounts on disk did not have it yet;
///    such a record adds no letter. Drops are remembered, and their records kept, until the accounts on disk cover them.
/// 4. No file goes whose records say what is known of a letter, or of a delivery that the accounts on disk may not have: the first
///    invariant holds for the records that are left, too.
/// </remarks>
internal sealed class DeadLetterLedger
{
    // Letters passed while the lock is held: a question over many letters lets appends in between.
    private const int StepsPerLock = 4096;

    // Guards everything below.
    private readonly Lock _lock = new();
    private readonly LetterTable _letters = new();
    private readonly RequeueTickets _tickets = new();
    private readonly RecordApplication _application;
    private long _applied;

    // Letters that changed, with the position of the last change; null while no one takes the notes.
    private Dictionary<DeadLetterKey, long>? _noted;
    private long _notedAfter;
    private Action? _changeNoted;

    internal DeadLetterLedger() => _application = new RecordApplication(_letters, _tickets);

    /// <summary>Position of the last record applied.</summary>
    internal long Applied => Volatile.Read(ref _applied);

    internal (long Count, long Bytes) Totals
    {
        get
        {
            lock (_lock)
            {
                return (_letters.Count, _letters.Bytes);
            }
        }
    }

    internal LedgerCounts Counts
    {
        get
        {
            lock (_lock)
            {
                var oldest = _letters.Query(DeadLetterFilter.All, after: null, limit: 1);
                var lanes = _letters.Lanes.Where(lane => lane.Value.Count > 0).OrderBy(lane => lane.Key, StringComparer.Ordinal)
                    .Select(lane => new LaneDeadLetterCounts(lane.Key, lane.Value.Count, lane.Value.Requeued.Count, lane.Value.Bytes));
                return new LedgerCounts(_letters.Count, _letters.Bytes, oldest.Count > 0 ? oldest[0].FirstUnixMs : null, [.. lanes]);
            }
        }
    }

    /// <summary>Applies the next record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="position">Where it lies.</param>
    internal void Apply(in DeadLetterRecord record, long position)
    {
        lock (_lock)
        {
            _application.Apply(record, position);
            Volatile.Write(ref _applied, position);
        }
        _changeNoted?.Invoke();
    }

    /// <summary>
    /// Notes from here on which letters change, each once, until <see cref="TakeChanges"/> takes the notes. Before the first record.
    /// </summary>
    /// <param name="changeNoted">Called after each record; must be quick and must not throw.</param>
    internal void NoteChanges(Action changeNoted)
    {
        lock (_lock)
        {
            _noted = [];
            _changeNoted = changeNoted;
            _letters.Changed = NoteNeedsLock;
        }
    }

    /// <summary>Has changes of records up to this position not noted from here on, nor given by <see cref="TakeChanges"/>.</summary>
    internal void NoteAfter(long position)
    {
        lock (_lock)
        {
            _notedAfter = position;
        }
    }

    /// <summary>Takes the notes.</summary>
    /// <returns>The letters in the order of their keys, and the position of the last record applied.</returns>
    internal (IReadOnlyList<DeadLetterKey> Changed, long Applied) TakeChanges()
    {
        Dictionary<DeadLetterKey, long> taken;
        long applied;
        long after;
        lock (_lock)
        {
            (taken, _noted, applied, after) = (_noted!, [], _applied, _notedAfter);
        }
        List<DeadLetterKey> changed = [.. taken.Where(note => note.Value > after).Select(note => note.Key)];
        changed.Sort();
        return (changed, applied);
    }

    internal DeadLetter? Find(DeadLetterKey key)
    {
        lock (_lock)
        {
            return _letters.Find(key);
        }
    }

    /// <summary>Letters that match, in the order of their keys; the walk lets others have the lock every few thousand letters.</summary>
    internal IReadOnlyList<DeadLetter> Query(DeadLetterFilter filter, DeadLetterKey? after, int limit)
    {
        var found = new List<DeadLetter>();
        Walk(after, letter =>
        {
            if (filter.Matches(letter))
            {
                found.Add(letter);
            }
            return found.Count < limit;
        });
        return found;
    }

    /// <summary>Visits letters in the order of their keys until <paramref name="visit"/> returns false.</summary>
    internal void Walk(DeadLetterKey? after, Func<DeadLetter, bool> visit)
    {
        var next = after;
        do
        {
            lock (_lock)
            {
                next = _letters.Walk(next, StepsPerLock, visit);
            }
        }
        while (next is not null);
    }

    /// <summary>How many letters a lane has of a range of events.</summary>
    internal long CountIn(string lane, long first, long last)
    {
        var count = 0L;
        Visit(lane, first, last, () =>
        {
            count++;
            return true;
        });
        return count;
    }

    /// <summary>Whether a lane has a letter of a range of events.</summary>
    internal bool HasIn(string lane, long first, long last)
    {
        var has = false;
        Visit(lane, first, last, () =>
        {
            has = true;
            return false;
        });
        return has;
    }

    // For each letter of the lane in the range, until there is an end.
    private void Visit(string lane, long first, long last, Func<bool> visit)
    {
        lock (_lock)
        {
            if (!_letters.Lanes.TryGetValue(lane, out var letters) || letters.Count == 0)
            {
                return;
            }
        }
        // Lanes' names are ASCII: no name is behind this one.
        Walk(new DeadLetterKey(first - 1, "\uffff"), letter => letter.Key.Sequence <= last && (letter.Key.Lane != lane || visit()));
    }

    /// <summary>Letters that were dropped and whose lanes may not have noted it, by lane.</summary>
    internal IReadOnlyList<(string Lane, long[] Sequences)> Drops()
    {
        lock (_lock)
        {
            return [.. _letters.Lanes.SelectMany(lane => lane.Value.Drops.Select(sequences => (lane.Key, sequences)))];
        }
    }

    internal RequeueTicket? Ticket(long ticket)
    {
        lock (_lock)
        {
            return _tickets.Find(ticket);
        }
    }

    /// <summary>Lanes with letters to be sent again.</summary>
    internal IReadOnlyList<string> LanesWithRequeued()
    {
        lock (_lock)
        {
            return [.. _letters.Lanes.Where(lane => lane.Value.Requeued.Count > 0).Select(lane => lane.Key)];
        }
    }

    /// <summary>The next letters of a lane to be sent again, by sequence number; at least one if there is any within the bounds.</summary>
    internal IReadOnlyList<DeadLetter> NextRequeued(string lane, in RequeueBounds bounds)
    {
        lock (_lock)
        {
            var next = new List<DeadLetter>();
            var bytes = 0L;
            foreach (var sequence in _letters.Lane(lane).Requeued)
            {
                var letter = _letters.Find(new DeadLetterKey(sequence, lane))!;
                bytes += letter.Bytes;
                if (sequence > bounds.SentTo || (next.Count > 0 && (next.Count == bounds.EventsMax || bytes > bounds.BytesMax)))
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
            return _letters.Oldest(limit);
        }
    }

    /// <summary>
    /// The lowest position whose record is needed: of a letter, of a delivery the accounts on disk may not have or one of its letters, or
    /// of a drop they do not cover.
    /// </summary>
    /// <param name="bounds">What a lane's accounts on disk have; null: there is no such lane.</param>
    /// <returns>The first record that is needed, and whether it is a letter's.</returns>
    internal (long From, bool IsLetter) NeededFrom(Func<string, RequeueBounds?> bounds)
    {
        lock (_lock)
        {
            var oldest = _letters.OldestPosition();
            var from = oldest ?? _applied + 1;
            foreach (var (name, lane) in _letters.Lanes)
            {
                var saved = bounds(name);
                lane.TrimSettlements(saved?.SettledTo);
                lane.TrimDrops(saved is { } known ? Math.Min(known.CountedTo, known.DroppedTo) : null);
                from = lane.Settlements.Aggregate(from, (lowest, settlement) => Math.Min(lowest, settlement.NeededFrom));
                from = Math.Min(from, lane.OldestDrop ?? from);
            }
            return (from, from == oldest);
        }
    }

    /// <summary>Deliveries that the accounts of a lane may not have, the earliest first.</summary>
    internal IReadOnlyList<(string Lane, RequeueSettlement Settlement)> Settlements()
    {
        lock (_lock)
        {
            return [.. _letters.Lanes.SelectMany(lane => lane.Value.Settlements.Select(settlement => (lane.Key, settlement.Settlement)))];
        }
    }

    // The record that changes it is the next one.
    private void NoteNeedsLock(DeadLetterKey key)
    {
        if (_applied + 1 > _notedAfter)
        {
            _noted![key] = _applied + 1;
        }
    }
}

/// <summary>How much there is.</summary>
internal sealed record LedgerCounts(long Count, long Bytes, long? OldestUnixMs, IReadOnlyList<LaneDeadLetterCounts> Lanes);
