namespace Ingest.DeadLetters.Index;

/// <summary>The index in memory: a tree in the order of the keys. A query costs a walk over what it passes, matching or not.</summary>
public sealed class MemoryIndex : IDeadLetterIndex
{
    private const int TextsMax = 4096;

    private readonly SortedSet<DeadLetter> _letters = new(Comparer<DeadLetter>.Create((left, right) => left.Key.CompareTo(right.Key)));

    // Streams and reasons are few and repeated: one copy of each is enough. Bounded by giving up on more.
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public DeadLetter? Put(DeadLetter letter)
    {
        var replaced = Remove(letter.Key);
        _letters.Add(letter with { Stream = Shared(letter.Stream), Reason = Shared(letter.Reason) });
        return replaced;
    }

    /// <inheritdoc/>
    public DeadLetter? Remove(DeadLetterKey key)
    {
        var found = Find(key);
        if (found is not null)
        {
            _letters.Remove(found);
        }
        return found;
    }

    /// <inheritdoc/>
    public DeadLetter? Find(DeadLetterKey key) => _letters.TryGetValue(Probe(key), out var found) ? found : null;

    /// <inheritdoc/>
    public IReadOnlyList<DeadLetter> Query(DeadLetterFilter filter, DeadLetterKey? after, int limit)
    {
        var found = new List<DeadLetter>();
        if (_letters.Count == 0 || after >= _letters.Max!.Key)
        {
            return found;
        }
        var rest = after is { } key ? _letters.GetViewBetween(Probe(key), _letters.Max) : _letters;
        foreach (var letter in rest)
        {
            if (letter.Key != after && filter.Matches(letter))
            {
                found.Add(letter);
                if (found.Count == limit)
                {
                    break;
                }
            }
        }
        return found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _letters.Clear();
        _texts.Clear();
    }

    private string Shared(string text)
    {
        if (_texts.TryGetValue(text, out var known))
        {
            return known;
        }
        if (_texts.Count < TextsMax)
        {
            _texts.Add(text, text);
        }
        return text;
    }

    private static DeadLetter Probe(DeadLetterKey key) => new()
    {
        Key = key,
        Stream = "",
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
