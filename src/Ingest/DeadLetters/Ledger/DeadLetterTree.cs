namespace Ingest.DeadLetters.Ledger;

/// <summary>
/// Letters in memory, in the order of their keys. A query costs a walk over what it passes, matching or not. Not thread-safe.
/// </summary>
internal sealed class DeadLetterTree
{
    private readonly SortedSet<DeadLetter> _letters = new(Comparer<DeadLetter>.Create((left, right) => left.Key.CompareTo(right.Key)));

    // Streams and reasons are few and repeated, keys often are: one copy of each is enough.
    private readonly SharedTexts _texts = new();
    private readonly SharedTexts _keys = new();

    /// <summary>Adds a letter, in the place of the one with the same key. Returns that one; null when there was none.</summary>
    internal DeadLetter? Put(DeadLetter letter)
    {
        var replaced = Remove(letter.Key);
        _letters.Add(letter with
        {
            Stream = _texts.Share(letter.Stream),
            Reason = _texts.Share(letter.Reason),
            EventKey = _keys.Share(letter.EventKey),
        });
        return replaced;
    }

    /// <summary>Removes a letter and returns it; null when there is none.</summary>
    internal DeadLetter? Remove(DeadLetterKey key)
    {
        var found = Find(key);
        if (found is not null)
        {
            _letters.Remove(found);
        }
        return found;
    }

    /// <summary>The letter with this key; null when there is none.</summary>
    internal DeadLetter? Find(DeadLetterKey key) => _letters.TryGetValue(Probe(key), out var found) ? found : null;

    /// <summary>Letters in the order of their keys.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="after">Only those behind this key; null: from the first.</param>
    /// <param name="limit">At most so many; at least 1.</param>
    internal IReadOnlyList<DeadLetter> Query(DeadLetterFilter filter, DeadLetterKey? after, int limit)
    {
        var found = new List<DeadLetter>();
        Walk(after, int.MaxValue, letter =>
        {
            if (filter.Matches(letter))
            {
                found.Add(letter);
            }
            return found.Count < limit;
        });
        return found;
    }

    /// <summary>
    /// Visits letters in the order of their keys. Ends at the last one, after <paramref name="stepsMax"/> letters, or when
    /// <paramref name="visit"/> returns false. Returns where to go on if the number of steps ended it; else null.
    /// </summary>
    internal DeadLetterKey? Walk(DeadLetterKey? after, int stepsMax, Func<DeadLetter, bool> visit)
    {
        if (_letters.Count == 0 || after >= _letters.Max!.Key)
        {
            return null;
        }
        var rest = after is { } key ? _letters.GetViewBetween(Probe(key), _letters.Max) : _letters;
        var steps = 0;
        foreach (var letter in rest)
        {
            if (letter.Key == after)
            {
                continue;
            }
            if (!visit(letter))
            {
                return null;
            }
            if (++steps >= stepsMax)
            {
                return letter.Key;
            }
        }
        return null;
    }

    private static DeadLetter Probe(DeadLetterKey key) => new()
    {
        Key = key,
        Stream = "",
        EventKey = "",
        Reason = "",
        Attempts = 0,
        FirstUnixMs = 0,
        LastUnixMs = 0,
        AcceptedUnixMs = 0,
        Bytes = 0,
        Position = 0,
        IsCounted = false,
    };
}
