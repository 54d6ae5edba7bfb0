using Ingest.Publishing.Accounting;

namespace Ingest.Publishing.Parking;

/// <summary>
/// Parked events that were delivered, dead-lettered or dropped before the lane's saved accounts counted them. After a crash the lane reads
/// them from its log once more; what became of them is known here, so that none is sent again. Lane loop only.
/// </summary>
/// <remarks>
/// Invariant: while an event is here, its records in the parked log are needed; it leaves when the accounts on disk know of it.
/// </remarks>
internal sealed class ResolvedAhead
{
    private readonly SortedDictionary<long, (Settlement Settlement, long Position)> _all = [];

    /// <summary>Where the oldest record that is needed lies; <see cref="long.MaxValue"/> when none is.</summary>
    internal long NeededFrom { get; private set; } = long.MaxValue;

    /// <summary>An event was resolved before the accounts on disk knew of it.</summary>
    internal void Add(ParkedEvent parked, Settlement settlement)
    {
        _all[parked.Sequence] = (settlement, parked.Position);
        NeededFrom = Math.Min(NeededFrom, parked.Position);
    }

    /// <summary>The event is parked again.</summary>
    internal void Remove(long sequence)
    {
        if (_all.Remove(sequence))
        {
            FindNeeded();
        }
    }

    /// <summary>What became of an event that is read from the log; null: nothing yet.</summary>
    internal Settlement? Of(long sequence) =>
        // Asked for every event that is read, nearly always of none. The dictionary's own count is a walk through three calls.
        NeededFrom < long.MaxValue && _all.TryGetValue(sequence, out var known) ? known.Settlement : null;

    /// <summary>The accounts on disk know of every event up to here.</summary>
    internal void Saved(long highWater)
    {
        var moved = false;
        while (_all.Count > 0 && _all.First().Key is var first && first <= highWater)
        {
            moved |= _all.Remove(first);
        }
        if (moved)
        {
            FindNeeded();
        }
    }

    private void FindNeeded() => NeededFrom = _all.Count == 0 ? long.MaxValue : _all.Values.Min(known => known.Position);
}
