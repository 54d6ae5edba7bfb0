using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// What the client holds, by sequence number. An event handed to the client stays its own until the report comes: an attempt that is given
/// up leaves its events here, and the next attempt for the same events joins them instead of sending them twice.
/// </summary>
/// <remarks>
/// Promise: of the events with one key, none is handed over while an earlier one is owed (<see cref="SendOrder"/>). All state is under one
/// lock; what only the sender whose turn it is touches (an entry on its way to <see cref="EntryState.Sent"/>) needs none.
/// </remarks>
internal sealed class InFlightLedger
{
    private readonly Func<TimeSpan> _now;
    private readonly Lock _lock = new();
    private readonly List<Attempt> _attempts = [];
    private readonly LeftEntries _left;
    private readonly HeldKeys _owed;

    /// <param name="patience">How long later events of a key are held back for an earlier one that does not come.</param>
    /// <param name="now">The time since any fixed start.</param>
    internal InFlightLedger(TimeSpan patience, Func<TimeSpan> now)
    {
        (_now, _left, _owed) = (now, new LeftEntries(this), new HeldKeys(patience));
        (IsolationSet, TroubledTopics) = (new IsolationSet(patience), new TroubledTopics(now));
        Order = new SendOrder(_lock, _owed, _left, _attempts, now);
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
    internal IsolationSet IsolationSet { get; }

    /// <summary>What the sender asks and notes, so that events of a key keep their order.</summary>
    internal SendOrder Order { get; }

    /// <summary>Topics whose events go one at a time.</summary>
    internal TroubledTopics TroubledTopics { get; }

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
            IsolationSet.NoteAsked(batch.FirstSequence, batch.LastSequence, _now());
        }
        return attempt;
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
        using var handing = code == ErrorCode.NoError ? default : Order.Handing.EnterScope();
        Attempt? attempt;
        lock (_lock)
        {
            if (entry.Retired || entry.State != EntryState.Sent)
            {
                return;
            }
            entry.Room!.Settle(entry.PayloadBytes, delivered: code == ErrorCode.NoError);
            TroubledTopics.Note(entry, code, topic);
            attempt = SettleNeedsLock(entry, code);
        }
        attempt?.CountIn();
    }

    /// <summary>Whether reports on some events of the attempt are in.</summary>
    internal bool IsAnsweredInPart(Attempt attempt)
    {
        lock (_lock)
        {
            return attempt.HasSettled;
        }
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
                verdicts[index] = AttemptVerdicts.On(entry, attempt, TroubledTopics);
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
            foreach (var entry in _attempts.SelectMany(attempt => attempt.SentTo(room)).Concat(_left.SentTo(room)).ToList())
            {
                RetireNeedsLock(entry)?.CountIn();
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
            IsolationSet.Settle(entry.Sequence, rejected: code != ErrorCode.NoError);
            return attempt;
        }
        _owed.Add(attempt is null ? entry.Key : KeyHash.Of(attempt.Batch[entry.Index]), entry.Sequence);
        if (VerdictTable.BlamesEvent(code))
        {
            IsolationSet.Add(entry.Sequence, code, _now());
        }
        if (attempt is null)
        {
            _left.Settled(entry);
        }
        return attempt;
    }

    // For the next attempt to join: what the client holds, and final reports that no answer has carried yet; the rest is owed.
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

    private Attempt? RetireNeedsLock(LedgerEntry entry)
    {
        entry.Retired = true;
        return SettleNeedsLock(entry, ErrorCode.Local_PurgeInflight);
    }
}
