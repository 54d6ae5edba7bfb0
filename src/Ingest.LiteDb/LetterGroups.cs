using Ingest.DeadLetters;

namespace Ingest.LiteDb;

/// <summary>The groups of all letters with their sums, in memory. Not thread-safe.</summary>
/// <remarks>
/// There are at most <see cref="ReasonsMax"/> groups with a reason of their own and <see cref="GroupsMax"/> with a stream and a class of
/// reasons; further letters go to a coarser group. A letter stays in its group until it changes. The number of a group without letters
/// is given away again.
/// </remarks>
internal sealed class LetterGroups
{
    internal const int ReasonsMax = 1024;
    internal const int GroupsMax = 4096;

    private readonly Dictionary<LetterGroupName, LetterGroup> _byName = [];
    private readonly Dictionary<int, LetterGroup> _byNumber = [];
    private readonly Stack<int> _free = new();
    private readonly HashSet<int> _changed = [];
    private readonly List<LetterGroup> _made = [];
    private int _next = 1;

    internal IEnumerable<LetterGroup> All => _byNumber.Values;

    internal LetterGroup this[int number] =>
        _byNumber.TryGetValue(number, out var group) ? group : throw new InvalidDataException($"there is no group {number}");

    /// <summary>Adds a group that is stored. Numbers that are left out are never used.</summary>
    internal void Add(int number, LetterGroupName name)
    {
        Put(new LetterGroup(number, name));
        _next = Math.Max(_next, number + 1);
    }

    /// <summary>The number of the group that a letter goes to, which is made if need be.</summary>
    internal int Of(DeadLetter letter)
    {
        var name = new LetterGroupName(
            letter.Key.Lane, letter.IsRequeued, letter.Stream, RefusalReason.ClassOf(letter.Reason), letter.Reason);
        return Find(name, ReasonsMax)
            ?? Find(name with { Reason = null }, GroupsMax)
            ?? Find(new LetterGroupName(letter.Key.Lane, letter.IsRequeued, null, null, null), int.MaxValue)!.Value;
    }

    /// <summary>Counts letters of a group.</summary>
    internal void Count(int number, int letters, long bytes)
    {
        var group = this[number];
        group.Count += letters;
        group.Bytes += bytes;
        _changed.Add(number);
    }

    /// <summary>Ends a write: groups without letters are forgotten.</summary>
    /// <returns>Groups that were made and have letters, and the numbers of those that were forgotten.</returns>
    internal (List<LetterGroup> Made, List<int> Gone) EndWrite()
    {
        List<int> gone = [.. _changed.Where(number => _byNumber[number].Count == 0)];
        foreach (var number in gone)
        {
            _byName.Remove(_byNumber[number].Name);
            _byNumber.Remove(number);
            _free.Push(number);
        }
        List<LetterGroup> made = [.. _made.Where(group => group.Count > 0)];
        _changed.Clear();
        _made.Clear();
        return (made, gone);
    }

    private int? Find(in LetterGroupName name, int groupsMax)
    {
        if (_byName.TryGetValue(name, out var known))
        {
            return known.Number;
        }
        if (_byName.Count >= groupsMax)
        {
            return null;
        }
        var group = new LetterGroup(_free.TryPop(out var free) ? free : _next++, name);
        Put(group);
        _made.Add(group);
        // Without letters yet: the write that makes it counts them, or forgets it.
        _changed.Add(group.Number);
        return group.Number;
    }

    private void Put(LetterGroup group)
    {
        _byName.Add(group.Name, group);
        _byNumber.Add(group.Number, group);
    }
}
