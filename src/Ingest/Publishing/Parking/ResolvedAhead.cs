using Ingest.Publishing.Accounting;

namespace Ingest.Publishing.Parking;

/// <summary>
/// Parked events that were delivered, dead-lettered or dropped before the lane's saved accounts counted them. After a crash the lane reads
/// them from its log once more; what became of them is known here, so that none is sent again. Lane loop only.
/// </summary>
/// <remarks>
/// Invariant: while an event is here, its records in the parked log are needed; it leaves when the accounts on disk know of it. That goes
/// for those the accounts count as parked too: without its own record the next start could not tell of which stream the resolved one was.
/// </remarks>
internal sealed class ResolvedAhead
{
    private readonly SortedDictionary<long, (Settlement Settlement, long Position)> _all = [];

    // Counted as parked by the accounts on disk: where the resolution lies, and where the event does.
    private readonly Queue<(long ResolvedAt, long Position)> _counted = new();
    private long _ahead = long.MaxValue;
    private long _countedFrom = long.MaxValue;

    /// <summary>Where the oldest record that is needed lies; <see cref="long.MaxValue"/> when none is.</summary>
    internal long NeededFrom => Math.Min(_ahead, _countedFrom);

    /// <summary>An event was resolved before the accounts on disk knew of it.</summary>
    internal void Add(ParkedEvent parked, Settlement settlement)
    {
        _all[parked.Sequence] = (settlement, parked.Position);
        _ahead = Math.Min(_ahead, parked.Position);
    }

    /// <summary>An event was resolved that the accounts on disk count as parked. In the order of the resolutions.</summary>
    internal void Counted(ParkedEvent parked, long resolvedAt)
    {
        _counted.Enqueue((resolvedAt, parked.Position));
        _countedFrom = Math.Min(_countedFrom, parked.Position);
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
        _ahead < long.MaxValue && _all.TryGetValue(sequence, out var known) ? known.Settlement : null;

    /// <summary>The accounts on disk know of every event up to here, and of every resolution up to this position.</summary>
    internal void Saved(long highWater, long applied)
    {
        var moved = false;
        while (_all.Count > 0 && _all.First().Key is var first && first <= highWater)
        {
            moved |= _all.Remove(first);
        }
        while (_counted.TryPeek(out var counted) && counted.ResolvedAt <= applied)
        {
            _counted.Dequeue();
            moved = true;
        }
        if (moved)
        {
            FindNeeded();
        }
    }

    private void FindNeeded()
    {
        _countedFrom = _counted.Count == 0 ? long.MaxValue : _counted.Min(known => known.Position);
        _ahead = _all.Count == 0 ? long.MaxValue : _all.Values.Min(known => known.Position);
    }
}
