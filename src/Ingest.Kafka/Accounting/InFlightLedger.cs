using Confluent.Kafka;
using Ingest.Events;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// What the client holds, by sequence number. An event handed to the client stays its own until the report comes: an attempt that is given
/// up leaves its events here, and the next attempt for the same events joins them instead of sending them twice.
/// </summary>
/// <remarks>
/// Promise: of the events with one key, none is handed over while an earlier one is owed (<see cref="HeldKeys"/>). All state is under one
/// lock; what only the sender whose turn it is touches (an entry on its way to <see cref="EntryState.Sent"/>) needs none.
/// </remarks>
internal sealed class InFlightLedger
{
    private readonly Func<TimeSpan> _now;
    private readonly Lock _lock = new();
    private readonly List<Attempt> _attempts = [];
    private readonly LeftEntries _left;
    private readonly HeldKeys _owed;
    private readonly IsolationSet _isolated;

    /// <param name="patience">How long later events of a key are held back for an earlier one that does not come.</param>
    /// <param name="now">The time since any fixed start.</param>
    internal InFlightLedger(TimeSpan patience, Func<TimeSpan> now)
    {
        (_now, _left, _owed, _isolated) = (now, new LeftEntries(this), new HeldKeys(patience), new IsolationSet(patience));
    }

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
    internal IsolationSet IsolationSet => _isolated;

    /// <summary>Topics that reports called unknown or forbidden.</summary>
    internal TroubledTopics TroubledTopics { get; } = new();

    /// <summary>Opens an attempt. Events the client already holds, or has delivered since, are joined.</summary>
    internal Attempt Begin(EventBatch batch)
    {
        var attempt = new Attempt(batch);
        lock (_lock)
        {
            for (var index = 0; index < batch.Count; index++)
            {
                var entry = _left.Take(attempt, batch[index]);
                entry.Attempt = attempt;
                entry.Index = index;
                attempt.Entries[index] = entry;
            }
            _attempts.Add(attempt);
            _isolated.NoteAsked(batch.FirstSequence, batch.LastSequence, _now());
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
            if (_owed.MayGo(KeyHash.Of(stored), stored.Sequence, _now()))
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
            keys.UnionWith(_left.Sent.Select(entry => entry.Key));
        }
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
                TroubledTopics.Add(topic);
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
                    _left.Recycle(entry);
                    continue;
                }
                verdicts ??= [.. Enumerable.Repeat(SinkVerdict.Delivered, attempt.Entries.Length)];
                verdicts[index] = AttemptVerdicts.On(entry, attempt);
                LeaveNeedsLock(entry, attempt, answered: true);
            }
            attempt.Close();
            return verdicts is null ? SinkResult.Delivered : new SinkResult(AttemptVerdicts.Summary(verdicts), verdicts);
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
                if (!_left.Contains(stored.Sequence))
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
            foreach (var entry in _left.Sent.Where(entry => entry.Room == room).ToList())
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
            _left.Rewind(nextSequence);
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

    private Attempt? SettleNeedsLock(LedgerEntry entry, ErrorCode code)
    {
        entry.State = EntryState.Settled;
        entry.Code = code;
        entry.Room = null;
        var attempt = entry.Attempt;
        if (entry.IsFinal)
        {
            _isolated.Settle(entry.Sequence, rejected: code != ErrorCode.NoError);
            return attempt;
        }
        _owed.Add(attempt is null ? entry.Key : KeyHash.Of(attempt.Batch[entry.Index]), entry.Sequence);
        if (VerdictTable.BlamesEvent(code))
        {
            _isolated.Add(entry.Sequence, code, _now());
        }
        if (attempt is null)
        {
            _left.Settled(entry);
        }
        return attempt;
    }

    // What an attempt leaves behind: what the client holds, and final reports that no answer has carried yet, for the next attempt to join;
    // the rest is owed.
    private void LeaveNeedsLock(LedgerEntry entry, Attempt attempt, bool answered)
    {
        var stored = attempt.Batch[entry.Index];
        var key = KeyHash.Of(stored);
        entry.Attempt = null;
        if (entry.State == EntryState.Sent || (entry.State == EntryState.Settled && entry.IsFinal && !answered))
        {
            _left.Leave(entry, key, stored.Sequence);
            return;
        }
        if (entry.State == EntryState.NotSent)
        {
            _owed.Add(key, stored.Sequence);
        }
        _left.Recycle(entry);
    }

    private void RetireNeedsLock(LedgerEntry entry)
    {
        entry.Retired = true;
        SettleNeedsLock(entry, ErrorCode.Local_PurgeInflight);
    }
}
