namespace Ingest.DeadLetters.Ledger;

/// <summary>
/// The unresolved letters with what is counted of them: in all, by lane, and by place in the log. Not thread-safe: the ledger's lock
/// guards it.
/// </summary>
internal sealed class LetterTable
{
    private readonly DeadLetterTree _letters = new();
    private readonly Dictionary<string, LaneDeadLetters> _lanes = new(StringComparer.Ordinal);

    // In the order of what they are needed from. Entries of letters that were resolved or moved are removed when they reach the front.
    private readonly Queue<(long NeededFrom, DeadLetterKey Key)> _places = new();

    internal long Count { get; private set; }

    internal long Bytes { get; private set; }

    /// <summary>All lanes that ever had a letter.</summary>
    internal IReadOnlyDictionary<string, LaneDeadLetters> Lanes => _lanes;

    /// <summary>Called with the key of each letter that was added, changed or removed.</summary>
    internal Action<DeadLetterKey>? Changed { get; set; }

    internal DeadLetter? Find(DeadLetterKey key) => _letters.Find(key);

    /// <inheritdoc cref="DeadLetterTree.Query"/>
    internal IReadOnlyList<DeadLetter> Query(DeadLetterFilter filter, DeadLetterKey? after, int limit) =>
        _letters.Query(filter, after, limit);

    /// <inheritdoc cref="DeadLetterTree.Walk"/>
    internal DeadLetterKey? Walk(DeadLetterKey? after, int stepsMax, Func<DeadLetter, bool> visit) => _letters.Walk(after, stepsMax, visit);

    /// <summary>
    /// Adds a letter. An event that was sent again after a rewind or a crash and refused again is the same letter, not a second one.
    /// </summary>
    internal void Put(DeadLetter letter)
    {
        if (_letters.Find(letter.Key) is { } known)
        {
            letter = Merge(letter, known);
            Remove(known.Key);
        }
        _letters.Put(letter);
        var lane = Lane(letter.Key.Lane);
        lane.Count++;
        lane.Bytes += letter.Bytes;
        Count++;
        Bytes += letter.Bytes;
        if (letter.NeededFrom == letter.Position)
        {
            _places.Enqueue((letter.NeededFrom, letter.Key));
        }
        if (letter.IsRequeued)
        {
            lane.Requeued.Add(letter.Key.Sequence);
        }
        Changed?.Invoke(letter.Key);
    }

    /// <summary>Puts a changed letter in the place of the one with the same key, which is there and takes as many bytes.</summary>
    internal void Replace(DeadLetter letter)
    {
        _letters.Put(letter);
        var requeued = Lane(letter.Key.Lane).Requeued;
        _ = letter.IsRequeued ? requeued.Add(letter.Key.Sequence) : requeued.Remove(letter.Key.Sequence);
        Changed?.Invoke(letter.Key);
    }

    /// <summary>Removes a letter and returns it; null when there is none.</summary>
    internal DeadLetter? Remove(DeadLetterKey key)
    {
        if (_letters.Remove(key) is not { } letter)
        {
            return null;
        }
        var lane = Lane(key.Lane);
        lane.Count--;
        lane.Bytes -= letter.Bytes;
        lane.Requeued.Remove(key.Sequence);
        Count--;
        Bytes -= letter.Bytes;
        Changed?.Invoke(key);
        return letter;
    }

    /// <summary>The letters whose records lie first in the log, in that order, at most <paramref name="limit"/>.</summary>
    internal IReadOnlyList<DeadLetter> Oldest(int limit)
    {
        TrimPlaces();
        return [.. _places.Select(place => (place.NeededFrom, Letter: _letters.Find(place.Key)))
            .Where(place => place.Letter?.NeededFrom == place.NeededFrom).Select(place => place.Letter!).Take(limit)];
    }

    /// <summary>The lowest position that a letter is needed from; null when there is no letter.</summary>
    internal long? OldestPosition()
    {
        TrimPlaces();
        return _places.TryPeek(out var oldest) ? oldest.NeededFrom : null;
    }

    internal LaneDeadLetters Lane(string lane)
    {
        if (!_lanes.TryGetValue(lane, out var letters))
        {
            letters = new LaneDeadLetters();
            _lanes.Add(lane, letters);
        }
        return letters;
    }

    // A letter that was moved says all of itself. One that was refused once more says less than both do.
    private static DeadLetter Merge(DeadLetter letter, DeadLetter known)
    {
        var merged = letter with
        {
            IsCounted = letter.IsCounted || known.IsCounted,
            FirstUnixMs = Math.Min(letter.FirstUnixMs, known.FirstUnixMs),
            Ticket = letter.Ticket != 0 ? letter.Ticket : known.Ticket,
        };
        return merged == letter ? letter : merged with { NeededFrom = known.NeededFrom };
    }

    private void TrimPlaces()
    {
        while (_places.TryPeek(out var place) && _letters.Find(place.Key)?.NeededFrom != place.NeededFrom)
        {
            _places.Dequeue();
        }
    }
}
