using System.Buffers;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>One call of <c>SendAsync</c>: a batch, the ledger's entries of its events, and what is still out.</summary>
internal sealed class Attempt(EventBatch batch)
{
    private LedgerEntry[] _entries = ArrayPool<LedgerEntry>.Shared.Rent(batch.Count);
    private volatile TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the sender itself, so that reports arriving while it still sends do not end the round.
    private int _out = 1;

    /// <summary>The lane's batch: valid until the attempt is finished or abandoned.</summary>
    internal EventBatch Batch { get; } = batch;

    /// <summary>One per event, in the batch's order.</summary>
    internal Span<LedgerEntry> Entries => _entries.AsSpan(0, Batch.Count);

    /// <summary>The report on an event is in. The ledger's lock is held.</summary>
    internal bool HasSettled => Array.Exists(_entries, entry => entry is { State: EntryState.Settled });

    /// <summary>A producer other than one holds an event with the key. The ledger's lock is held.</summary>
    internal bool HasSent(ulong key, ProducerRoom except)
    {
        for (var index = 0; index < Batch.Count; index++)
        {
            if (_entries[index].State == EntryState.Sent && _entries[index].Room != except && KeyHash.Of(Batch[index]) == key)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The entries a producer holds. The ledger's lock is held.</summary>
    internal IEnumerable<LedgerEntry> SentTo(ProducerRoom room) =>
        _entries.Take(Batch.Count).Where(entry => entry.State == EntryState.Sent && entry.Room == room);

    /// <summary>The entry of event <paramref name="index"/>.</summary>
    internal LedgerEntry this[int index] => _entries[index];

    /// <summary>Set when the attempt must end although reports are missing.</summary>
    internal SinkVerdict? Interruption { get; private set; }

    /// <summary>Ends when everything sent is settled, or at an interruption.</summary>
    internal Task Settled => _settled.Task;

    /// <summary>An event goes out.</summary>
    internal void CountOut() => Interlocked.Increment(ref _out);

    /// <summary>An event's report is in, or the sender is through with its round.</summary>
    internal void CountIn()
    {
        if (Interlocked.Decrement(ref _out) == 0)
        {
            _settled.TrySetResult();
        }
    }

    /// <summary>The sender begins another round after the last one settled.</summary>
    internal void NextRound()
    {
        _settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Increment(ref _out);
        if (Interruption is not null)
        {
            _settled.TrySetResult();
        }
    }

    /// <summary>The attempt is over and its entries belong to others.</summary>
    internal void Close()
    {
        ArrayPool<LedgerEntry>.Shared.Return(_entries, clearArray: true);
        _entries = [];
    }

    /// <summary>Ends the wait. The first reason counts. The ledger's lock is held.</summary>
    internal void InterruptNeedsLock(SinkVerdict verdict)
    {
        Interruption ??= verdict;
        _settled.TrySetResult();
    }
}
