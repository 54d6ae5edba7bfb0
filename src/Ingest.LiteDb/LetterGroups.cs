using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;

namespace Ingest.LiteDb;

/// <summary>The counted groups, kept in memory as they are in the database. Not thread-safe.</summary>
internal sealed class LetterGroups
{
    private readonly Dictionary<(string Lane, string Stream, string Reason, bool Requeued), LetterGroup> _byName = [];
    private readonly Dictionary<int, LetterGroup> _byNumber = [];
    private readonly HashSet<LetterGroup> _changed = [];

    /// <summary>Letters in all groups.</summary>
    internal long Count { get; private set; }

    /// <summary>Adds a group that is in the database.</summary>
    internal void Add(LetterGroup group)
    {
        _byName.Add((group.Lane, group.Stream, group.Reason, group.Requeued), group);
        _byNumber.Add(group.Number, group);
        Count += group.Count;
    }

    /// <summary>Counts a letter and returns its group.</summary>
    internal LetterGroup Put(DeadLetter letter)
    {
        var name = (letter.Key.Lane, letter.Stream, RefusalReason.ClassOf(letter.Reason), letter.IsRequeued);
        if (!_byName.TryGetValue(name, out var group))
        {
            group = new LetterGroup(_byNumber.Count + 1, name.Lane, name.Stream, name.Item3, name.IsRequeued);
            Add(group);
        }
        Change(group, 1, letter.Bytes);
        return group;
    }

    /// <summary>Counts a letter of the group with this number no more.</summary>
    internal void Remove(int number, int bytes) => Change(_byNumber[number], -1, -bytes);

    /// <summary>The groups that changed since the last call.</summary>
    internal List<LetterGroup> TakeChanged()
    {
        List<LetterGroup> changed = [.. _changed];
        _changed.Clear();
        return changed;
    }

    /// <summary>Groups with letters whose lane, stream and state match.</summary>
    internal List<LetterGroup> Matching(DeadLetterFilter filter) =>
    [
        .. _byNumber.Values.Where(group => group.Count > 0
            && (filter.Lane ?? group.Lane) == group.Lane
            && (filter.Stream ?? group.Stream) == group.Stream
            && (filter.Requeued ?? group.Requeued) == group.Requeued),
    ];

    internal List<DeadLetterGroup> ToList() =>
    [
        .. _byNumber.Values.Where(group => group.Count > 0)
            .Select(group => new DeadLetterGroup(group.Lane, group.Stream, group.Reason, group.Requeued, group.Count, group.Bytes)),
    ];

    private void Change(LetterGroup group, int letters, long bytes)
    {
        group.Count += letters;
        group.Bytes += bytes;
        Count += letters;
        _changed.Add(group);
    }
}
