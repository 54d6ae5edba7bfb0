using Ingest.Events;

namespace Ingest.Kafka;

/// <summary>
/// What the sender whose turn it is asks and notes, so that of the events with one key none is handed over while an earlier one is owed or
/// with another producer.
/// </summary>
/// <param name="gate">The ledger's lock: protects all that follows.</param>
/// <param name="owed">Events the lane has still to send again.</param>
/// <param name="left">What the client holds for attempts that were given up.</param>
/// <param name="attempts">The attempts under way.</param>
/// <param name="now">The time since any fixed start.</param>
internal sealed class SendOrder(Lock gate, HeldKeys owed, LeftEntries left, List<Attempt> attempts, Func<TimeSpan> now)
{
    /// <summary>
    /// Held by the sender from the question whether an event may go until the client has it, and by a report of a failure: no earlier event
    /// of the key comes back between the two.
    /// </summary>
    internal Lock Handing { get; } = new();

    /// <summary>Whether an event may be handed over now. If not it counts as held.</summary>
    internal bool MayGo(LedgerEntry entry, StoredEvent stored)
    {
        if (!owed.Any)
        {
            return true;
        }
        lock (gate)
        {
            if (owed.MayGo(KeyHash.Of(stored), stored.Sequence, now()))
            {
                return true;
            }
            entry.State = EntryState.Held;
            return false;
        }
    }

    /// <summary>The event is not handed over in this attempt: it is owed. The sender whose turn it is.</summary>
    internal void Hold(LedgerEntry entry, StoredEvent stored, EntryState state = EntryState.Held)
    {
        lock (gate)
        {
            entry.State = state;
            owed.Add(KeyHash.Of(stored), stored.Sequence);
        }
    }

    /// <summary>The sender is through with an attempt: what it did not come to is owed, before the next sender's turn.</summary>
    internal void LeaveOutRest(Attempt attempt)
    {
        lock (gate)
        {
            foreach (var entry in attempt.Entries)
            {
                if (entry.State == EntryState.NotSent)
                {
                    var stored = attempt.Batch[entry.Index];
                    entry.State = EntryState.LeftOut;
                    owed.Add(KeyHash.Of(stored), stored.Sequence);
                }
            }
        }
    }

    /// <summary>
    /// Whether an event may go through another producer than the one the events before it went through: none of its key is with that one,
    /// and none is owed. Both are asked at once, for a report can make the one the other at any moment.
    /// </summary>
    internal bool MayGoApart(StoredEvent stored, ProducerRoom room)
    {
        var key = KeyHash.Of(stored);
        lock (gate)
        {
            return key == KeyHash.None
                || (!left.HasSent(key, except: room) && !attempts.Exists(attempt => attempt.HasSent(key, room))
                    && owed.MayGo(key, stored.Sequence, now()));
        }
    }

    /// <summary>The keys of events the client still holds for attempts that were given up.</summary>
    internal void CopyKeysLeft(HashSet<ulong> keys)
    {
        keys.Clear();
        lock (gate)
        {
            keys.UnionWith(left.Sent.Select(entry => entry.Key));
        }
    }
}
