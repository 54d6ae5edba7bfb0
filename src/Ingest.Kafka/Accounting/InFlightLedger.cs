using Confluent.Kafka;
using Ingest.Events;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// What the client holds, by sequence number. An event handed to the client stays its own until the report comes: an attempt that is given
/// up
/// leaves its events here, and the next attempt for the same events joins them instead of sending them twice.
/// </summary>
/// <remarks>
/// Promise: of the events with one key, none is handed over while an earlier one is owed (<see cref="HeldKeys"/>). All state is under one
/// lock; what only the sender whose turn it is touches (an entry on its way to <see cref="EntryState.Sent"/>) needs none.
/// </remarks>
internal sealed partial class InFlightLedger(TimeSpan patience, Func<TimeSpan> now)
{
    private readonly Lock _lock = new();
    private readonly Stack<LedgerEntry> _pool = new();
    private readonly List<Attempt> _attempts = [];
    private readonly Dictionary<long, LedgerEntry> _left = [];
    private readonly HeldKeys _owed = new(patience);
    private readonly IsolationSet _suspects = new(patience);
    private readonly HashSet<string> _troubledTopics = new(StringComparer.Ordinal);

    /// <summary>Events whose attempt was given up: still with the client, or settled and not yet asked for.</summary>
    internal int LeftCount
    {
        get
        {
            lock (_lock)
            {
                return _left.Count;
            }
        }
    }

    /// <summary>Events of refused batches, to be sent one by one.</summary>
    internal IsolationSet IsolationSet => _suspects;

    /// <summary>Opens an attempt. Events the client already holds, or has delivered since, are joined.</summary>
    internal Attempt Begin(EventBatch batch)
    {
        var attempt = new Attempt(batch);
        lock (_lock)
        {
            for (var index = 0; index < batch.Count; index++)
            {
                var entry = _left.Count > 0 ? JoinNeedsLock(attempt, batch[index]) : null;
                entry ??= _pool.TryPop(out var pooled) ? pooled : new LedgerEntry(this);
                entry.Attempt = attempt;
                entry.Index = index;
                attempt.Entries[index] = entry;
            }
            _attempts.Add(attempt);
            _suspects.NoteAsked(batch.FirstSequence, batch.LastSequence, now());
        }
        return attempt;
    }

    /// <summary>Whether an event may be handed over now. If not it counts as held.</summary>
    internal bool MayGo(LedgerEntry entry, StoredEvent stored)
    {
        if (!_owed.Any)
        {
            return true;
        }
        lock (_lock)
        {
            if (_owed.MayGo(KeyHash.Of(stored), stored.Sequence, now()))
            {
                return true;
            }
            entry.State = EntryState.Held;
            return false;
        }
    }

    /// <summary>The event is not handed over in this attempt: it is owed. The sender whose turn it is.</summary>
    internal void Hold(LedgerEntry entry, StoredEvent stored)
    {
        lock (_lock)
        {
            entry.State = EntryState.Held;
            _owed.Add(KeyHash.Of(stored), stored.Sequence);
        }
    }

    /// <summary>
    /// The sender is through with an attempt: what it did not come to is owed from now on, before the next sender's turn.
    /// </summary>
    internal void LeaveOutRest(Attempt attempt)
    {
        lock (_lock)
        {
            foreach (var entry in attempt.Entries)
            {
                if (entry.State == EntryState.NotSent)
                {
                    var stored = attempt.Batch[entry.Index];
                    entry.State = EntryState.LeftOut;
                    _owed.Add(KeyHash.Of(stored), stored.Sequence);
                }
            }
        }
    }

    /// <summary>The keys of events the client still holds for attempts that were given up.</summary>
    internal void CopyKeysLeft(HashSet<ulong> keys)
    {
        keys.Clear();
        lock (_lock)
        {
            keys.UnionWith(_left.Values.Where(entry => entry.State == EntryState.Sent).Select(entry => entry.Key));
        }
    }

    /// <summary>An event is about to be handed to the client. The sender whose turn it is.</summary>
    internal static void Send(LedgerEntry entry, ProducerRoom room, StoredEvent stored)
    {
        entry.Room = room;
        entry.Sequence = stored.Sequence;
        entry.PayloadBytes = stored.Payload.Length;
        entry.Alone = room.Mode == SendMode.Careful;
        entry.State = EntryState.Sent;
        entry.Attempt!.CountOut();
    }

    /// <summary>The client had no room after all: as if the event had not been sent. The sender whose turn it is.</summary>
    internal static void TakeBack(LedgerEntry entry)
    {
        entry.Room!.GiveBack(entry.PayloadBytes);
        entry.Room = null;
        entry.State = EntryState.NotSent;
        entry.Attempt!.CountIn();
    }

    /// <summary>The client did not take the event, or we did not offer it: it is settled at once, and the refusal means it alone.</summary>
    internal void Refuse(LedgerEntry entry, ErrorCode code, string topic)
    {
        entry.Alone = true;
        Report(entry, code, topic);
    }

    /// <summary>A delivery report. Any thread; never throws.</summary>
    internal void Report(LedgerEntry entry, ErrorCode code, string topic)
    {
        Attempt? attempt;
        lock (_lock)
        {
            if (entry.Retired || entry.State != EntryState.Sent)
            {
                return;
            }
            entry.Room!.Settle(entry.PayloadBytes, delivered: code == ErrorCode.NoError);
            attempt = SettleNeedsLock(entry, code);
            if (code != ErrorCode.NoError && VerdictTable.KindOf(code) == VerdictKind.Blocked)
            {
                _troubledTopics.Add(topic);
            }
        }
        attempt?.CountIn();
    }

    /// <summary>Closes an attempt and says what became of each event.</summary>
    internal SinkResult Finish(Attempt attempt)
    {
        lock (_lock)
        {
            _attempts.Remove(attempt);
            var verdicts = default(SinkVerdict[]);
            for (var index = 0; index < attempt.Entries.Length; index++)
            {
                var entry = attempt.Entries[index];
                if (entry.State == EntryState.Settled && entry.Code == ErrorCode.NoError)
                {
                    RecycleNeedsLock(entry);
                    continue;
                }
                verdicts ??= [.. Enumerable.Repeat(SinkVerdict.Delivered, attempt.Entries.Length)];
                verdicts[index] = VerdictOn(entry, attempt);
                LeaveNeedsLock(entry, attempt, answered: true);
            }
            attempt.Close();
            return verdicts is null ? SinkResult.Delivered : new SinkResult(Summary(verdicts), verdicts);
        }
    }

    /// <summary>Gives an attempt up: what the client holds stays in the ledger, the rest is owed.</summary>
    internal void Abandon(Attempt attempt)
    {
        lock (_lock)
        {
            _attempts.Remove(attempt);
            foreach (var entry in attempt.Entries)
            {
                LeaveNeedsLock(entry, attempt, answered: false);
            }
            attempt.Close();
        }
    }

    /// <summary>Gives up a batch that never had its turn.</summary>
    internal void Abandon(EventBatch batch)
    {
        lock (_lock)
        {
            for (var index = 0; index < batch.Count; index++)
            {
                var stored = batch[index];
                if (!_left.ContainsKey(stored.Sequence))
                {
                    _owed.Add(KeyHash.Of(stored), stored.Sequence);
                }
            }
        }
    }

    /// <summary>A producer is gone: what it still held has to be sent again. Reports of its that straggle in are ignored.</summary>
    internal void Forget(ProducerRoom room)
    {
        lock (_lock)
        {
            foreach (var attempt in _attempts)
            {
                foreach (var entry in attempt.Entries)
                {
                    if (entry.State == EntryState.Sent && entry.Room == room)
                    {
                        RetireNeedsLock(entry);
                        attempt.CountIn();
                    }
                }
            }
            foreach (var entry in _left.Values.Where(entry => entry.State == EntryState.Sent && entry.Room == room).ToList())
            {
                RetireNeedsLock(entry);
            }
        }
    }

    /// <summary>The lane begins again at this number: what is owed and what was delivered from there on no longer counts.</summary>
    internal void Rewind(long nextSequence)
    {
        lock (_lock)
        {
            _owed.Clear();
            foreach (var entry in _left.Values.Where(entry => entry.State == EntryState.Settled && entry.Sequence >= nextSequence).ToList())
            {
                _left.Remove(entry.Sequence);
                RecycleNeedsLock(entry);
            }
        }
    }

    /// <summary>Ends all attempts with this verdict on what is not settled.</summary>
    internal void InterruptAll(SinkVerdict verdict)
    {
        lock (_lock)
        {
            foreach (var attempt in _attempts)
            {
                attempt.InterruptNeedsLock(verdict);
            }
        }
    }

    /// <summary>Topics that reports called unknown or forbidden since the last time.</summary>
    internal IReadOnlyCollection<string> TakeTroubledTopics()
    {
        lock (_lock)
        {
            string[] topics = [.. _troubledTopics];
            _troubledTopics.Clear();
            return topics;
        }
    }

    /// <summary>Topics that are still unknown or forbidden.</summary>
    internal void NoteTroubledTopics(IEnumerable<string> topics)
    {
        lock (_lock)
        {
            _troubledTopics.UnionWith(topics);
        }
    }
}
