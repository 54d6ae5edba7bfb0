using Confluent.Kafka;
using Ingest.Events;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <content>From one state to the next.</content>
internal sealed partial class InFlightLedger
{
    private const string HeldReason = "An earlier event with the same key has to be delivered first.";
    private const string ProducerDiedReason = "The producer died before it took the event; a new one does.";
    private const string BatchRefusedReason = "The broker refused the batch this event travelled in; it is sent again on its own. ";

    private LedgerEntry? JoinNeedsLock(Attempt attempt, StoredEvent stored)
    {
        if (!_left.Remove(stored.Sequence, out var entry))
        {
            return null;
        }
        if (entry.PayloadBytes != stored.Payload.Length)
        {
            // Another event under the same number: it comes from another log, and the ledger's one stays alone with its report.
            return null;
        }
        if (entry.State == EntryState.Sent)
        {
            attempt.CountOut();
        }
        return entry;
    }

    private Attempt? SettleNeedsLock(LedgerEntry entry, ErrorCode code)
    {
        entry.State = EntryState.Settled;
        entry.Code = code;
        entry.Room = null;
        var attempt = entry.Attempt;
        if (entry.IsFinal)
        {
            _suspects.Settle(entry.Sequence, rejected: code != ErrorCode.NoError);
            return attempt;
        }
        _owed.Add(attempt is null ? entry.Key : KeyHash.Of(attempt.Batch[entry.Index]), entry.Sequence);
        if (VerdictTable.BlamesEvent(code))
        {
            _suspects.Add(entry.Sequence, code, now());
        }
        if (attempt is null && _left.TryGetValue(entry.Sequence, out var left) && left == entry)
        {
            _left.Remove(entry.Sequence);
            RecycleNeedsLock(entry);
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
            entry.Key = key;
            _left[stored.Sequence] = entry;
            return;
        }
        if (entry.State == EntryState.NotSent)
        {
            _owed.Add(key, stored.Sequence);
        }
        RecycleNeedsLock(entry);
    }

    private void RetireNeedsLock(LedgerEntry entry)
    {
        entry.Retired = true;
        SettleNeedsLock(entry, ErrorCode.Local_PurgeInflight);
    }

    private void RecycleNeedsLock(LedgerEntry entry)
    {
        if (!entry.Retired)
        {
            entry.Reset();
            _pool.Push(entry);
        }
    }

    private static SinkVerdict VerdictOn(LedgerEntry entry, Attempt attempt) => entry.State switch
    {
        EntryState.Settled when entry.IsFinal => VerdictTable.For(entry.Code, entry.Detail),
        EntryState.Settled when VerdictTable.BlamesEvent(entry.Code) =>
            new SinkVerdict(VerdictKind.Retryable, BatchRefusedReason + VerdictTable.Reason(entry.Code)),
        EntryState.Settled => VerdictTable.For(entry.Code),
        EntryState.Held => new SinkVerdict(VerdictKind.Retryable, HeldReason),
        _ => attempt.Interruption ?? new SinkVerdict(VerdictKind.Retryable, ProducerDiedReason),
    };

    // A rejected event says nothing about the other side's health.
    private static SinkVerdict Summary(SinkVerdict[] verdicts) =>
        verdicts.Where(verdict => verdict.Kind != VerdictKind.Rejected).DefaultIfEmpty(SinkVerdict.Delivered)
            .MaxBy(verdict => verdict.Kind);
}
