namespace Ingest.DeadLetters.Projection;

/// <summary>Adds letters, or finer groups of them, up to groups. One thread at a time.</summary>
internal sealed class GroupCounter(DeadLetterGrouping by)
{
    private readonly Dictionary<DeadLetterGroup, (long Count, long Bytes)> _groups = [];

    /// <summary>Adds a letter.</summary>
    internal void Add(DeadLetter letter) =>
        Add(letter.Key.Lane, letter.Stream, RefusalReason.ClassOf(letter.Reason), letter.IsRequeued, 1, letter.Bytes);

    /// <summary>Adds a group by all there is.</summary>
    internal void Add(DeadLetterGroup group) =>
        Add(group.Lane!, group.Stream!, group.Reason!, group.Requeued!.Value, group.Count, group.Bytes);

    /// <summary>The groups, the largest first; equal ones in the order of their names.</summary>
    internal IReadOnlyList<DeadLetterGroup> ToList() =>
    [
        .. _groups.Select(group => group.Key with { Count = group.Value.Count, Bytes = group.Value.Bytes })
            .OrderByDescending(group => group.Count)
            .ThenBy(group => group.Lane, StringComparer.Ordinal)
            .ThenBy(group => group.Stream, StringComparer.Ordinal)
            .ThenBy(group => group.Reason, StringComparer.Ordinal)
            .ThenBy(group => group.Requeued),
    ];

    private void Add(string lane, string stream, string reason, bool requeued, long count, long bytes)
    {
        var key = new DeadLetterGroup(
            by.HasFlag(DeadLetterGrouping.Lane) ? lane : null,
            by.HasFlag(DeadLetterGrouping.Stream) ? stream : null,
            by.HasFlag(DeadLetterGrouping.Reason) ? reason : null,
            by.HasFlag(DeadLetterGrouping.State) ? requeued : null,
            Count: 0,
            Bytes: 0);
        var known = _groups.GetValueOrDefault(key);
        _groups[key] = (known.Count + count, known.Bytes + bytes);
    }
}
