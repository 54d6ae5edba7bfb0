using Ingest.Events;

namespace Ingest.Kafka;

/// <summary>
/// Entries that no attempt waits for: those the client holds for attempts that were given up, by sequence number, and those that are free.
/// The ledger's lock protects it.
/// </summary>
internal sealed class LeftEntries(InFlightLedger ledger)
{
    private readonly Stack<LedgerEntry> _pool = new();
    private readonly Dictionary<long, LedgerEntry> _left = [];

    /// <summary>Entries of attempts that were given up: still with the client, or settled and not yet asked for.</summary>
    internal int Count => _left.Count;

    /// <summary>The entries the client still holds.</summary>
    internal IEnumerable<LedgerEntry> Sent => _left.Values.Where(entry => entry.State == EntryState.Sent);

    /// <summary>A producer other than one holds an event with the key.</summary>
    internal bool HasSent(ulong key, ProducerRoom except) => Sent.Any(entry => entry.Key == key && entry.Room != except);

    /// <summary>The entries a producer holds.</summary>
    internal IEnumerable<LedgerEntry> SentTo(ProducerRoom room) => Sent.Where(entry => entry.Room == room);

    internal bool Contains(long sequence) => _left.ContainsKey(sequence);

    /// <summary>The entry of an event that is attempted: the one an earlier attempt left, or a free one.</summary>
    internal LedgerEntry Take(Attempt attempt, StoredEvent stored) =>
        (_left.Count > 0 ? Join(attempt, stored) : null) ?? (_pool.TryPop(out var pooled) ? pooled : new LedgerEntry(ledger));

    /// <summary>An attempt leaves an entry that the client holds, or whose final report no answer has carried yet.</summary>
    internal void Leave(LedgerEntry entry, ulong key, long sequence)
    {
        entry.Key = key;
        _left[sequence] = entry;
    }

    /// <summary>An entry that was left is settled, and has to be sent again: it is free.</summary>
    internal void Settled(LedgerEntry entry)
    {
        if (_left.TryGetValue(entry.Sequence, out var left) && left == entry)
        {
            _left.Remove(entry.Sequence);
            Recycle(entry);
        }
    }

    /// <summary>Frees the entries that were settled from this number on.</summary>
    internal void Rewind(long nextSequence)
    {
        foreach (var entry in _left.Values.Where(entry => entry.State == EntryState.Settled && entry.Sequence >= nextSequence).ToList())
        {
            _left.Remove(entry.Sequence);
            Recycle(entry);
        }
    }

    /// <summary>An entry may be used for another event, unless a straggling report could still mean this one.</summary>
    internal void Recycle(LedgerEntry entry)
    {
        if (!entry.Retired)
        {
            entry.Reset();
            _pool.Push(entry);
        }
    }

    private LedgerEntry? Join(Attempt attempt, StoredEvent stored)
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
}
