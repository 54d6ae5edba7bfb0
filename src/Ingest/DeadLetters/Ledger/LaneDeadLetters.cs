using Ingest.Publishing.Requeue;

namespace Ingest.DeadLetters.Ledger;

/// <summary>What the ledger keeps of one lane. Not thread-safe: the ledger's lock guards it.</summary>
internal sealed class LaneDeadLetters
{
    private readonly HashSet<long> _dropped = [];
    private readonly Queue<(long Position, long[] Sequences)> _drops = new();

    internal long Count { get; set; }

    internal long Bytes { get; set; }

    /// <summary>Sequence numbers of the letters to be sent again, in ascending order.</summary>
    internal SortedSet<long> Requeued { get; } = [];

    /// <summary>
    /// Deliveries that the lane's accounts on disk may not have yet, in the order of their positions, each with the first record that is
    /// needed to know of it: the record of a delivery only names its letters, whose own records say what they are counted as.
    /// </summary>
    internal Queue<(RequeueSettlement Settlement, long NeededFrom)> Settlements { get; } = new();

    /// <summary>
    /// Remembers letters that an operator dropped, until <see cref="TrimDrops"/> is told that the lane's accounts on disk cover them.
    /// </summary>
    /// <param name="position">Position of the record that says so.</param>
    /// <param name="sequences">The letters.</param>
    internal void RememberDrop(long position, long[] sequences)
    {
        _drops.Enqueue((position, sequences));
        _dropped.UnionWith(sequences);
    }

    /// <summary>True if the letter was dropped and the lane may store it once more after a crash.</summary>
    internal bool IsDropped(long sequence) => _dropped.Contains(sequence);

    /// <summary>The letters of each drop that is remembered.</summary>
    internal IEnumerable<long[]> Drops => _drops.Select(drop => drop.Sequences);

    /// <summary>Position of the oldest record of a drop that is still needed; null if there is none.</summary>
    internal long? OldestDrop => _drops.TryPeek(out var drop) ? drop.Position : null;

    /// <summary>Forgets drops whose letters are all at or below what the lane's accounts on disk cover.</summary>
    /// <param name="countedTo">The last event that is counted there, and noted as dropped; null if there is no such lane.</param>
    internal void TrimDrops(long? countedTo)
    {
        while (_drops.TryPeek(out var drop) && drop.Sequences.All(sequence => sequence <= (countedTo ?? long.MaxValue)))
        {
            _drops.Dequeue();
            _dropped.ExceptWith(drop.Sequences);
        }
    }

    /// <summary>Forgets deliveries that the lane's accounts on disk have.</summary>
    /// <param name="settledTo">Position up to which they have them; null if there is no such lane.</param>
    internal void TrimSettlements(long? settledTo)
    {
        while (Settlements.TryPeek(out var settlement)
            && settlement.Settlement.Position <= (settledTo ?? long.MaxValue))
        {
            Settlements.Dequeue();
        }
    }
}
