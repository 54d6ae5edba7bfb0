using Ingest.DeadLetters;

namespace Ingest.LiteDb;

/// <summary>What is kept in memory of a block: where it is, what it must be, and whether a question can be answered from it.</summary>
internal sealed class BlockHead
{
    private BlockHead(int id, ulong sum, DeadLetterKey first, DeadLetterKey last) => (Id, Sum, First, Last) = (id, sum, first, last);

    internal int Id { get; }

    /// <summary>Checksum of the block as it was written.</summary>
    internal ulong Sum { get; }

    /// <summary>The first letter's key: the block has all letters from here to the first one of the next block.</summary>
    internal DeadLetterKey First { get; }

    internal DeadLetterKey Last { get; }

    internal long LastTriedMin { get; private init; }

    internal long LastTriedMax { get; private init; }

    internal int AttemptsMin { get; private init; }

    internal int AttemptsMax { get; private init; }

    /// <summary>Letters and bytes by group.</summary>
    internal required IReadOnlyList<GroupShare> Shares { get; init; }

    /// <param name="id">The block's number.</param>
    /// <param name="sum">Its checksum.</param>
    /// <param name="entries">Its letters; at least one.</param>
    /// <param name="groups">Has the lanes of their groups.</param>
    internal static BlockHead Of(int id, ulong sum, LetterEntry[] entries, LetterGroups groups)
    {
        var shares = new Dictionary<int, GroupShare>();
        foreach (var entry in entries)
        {
            var share = shares.GetValueOrDefault(entry.Group);
            shares[entry.Group] = new GroupShare(entry.Group, share.Count + 1, share.Bytes + entry.Bytes);
        }
        return new BlockHead(id, sum, KeyOf(entries[0], groups), KeyOf(entries[^1], groups))
        {
            LastTriedMin = entries.Min(entry => entry.LastUnixMs),
            LastTriedMax = entries.Max(entry => entry.LastUnixMs),
            AttemptsMin = entries.Min(entry => entry.Attempts),
            AttemptsMax = entries.Max(entry => entry.Attempts),
            Shares = [.. shares.Values],
        };
    }

    internal static DeadLetterKey KeyOf(in LetterEntry entry, LetterGroups groups) => new(entry.Sequence, groups[entry.Group].Name.Lane);
}

/// <summary>Letters of one group in a block.</summary>
/// <param name="Group">The group's number.</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Their bytes in the dead-letter log.</param>
internal readonly record struct GroupShare(int Group, int Count, long Bytes);
