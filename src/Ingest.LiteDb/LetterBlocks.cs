using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;

namespace Ingest.LiteDb;

/// <summary>
/// The letters in the order of their keys, in blocks of at most <see cref="EntriesMax"/>, each a document. Heads of the blocks are in
/// memory. One thread at a time; after an exception neither heads nor groups are as they should be.
/// </summary>
internal sealed class LetterBlocks(SealedDocuments documents, LetterGroups groups)
{
    /// <summary>Most letters of a block: as bytes they mostly fit a page of LiteDB.</summary>
    internal const int EntriesMax = 512;

    // In the order of keys; no two overlap.
    private readonly List<BlockHead> _heads = [];
    private int _next = 1;

    /// <summary>The heads, in the order of keys.</summary>
    internal IReadOnlyList<BlockHead> Heads => _heads;

    /// <summary>The sum of the checksums of all blocks.</summary>
    internal ulong Root { get; private set; }

    /// <summary>Reads all blocks; only then others may be called.</summary>
    /// <exception cref="InvalidDataException">They are not as they were written.</exception>
    internal void Load()
    {
        foreach (var (id, content, sum) in documents.All())
        {
            var entries = BlockCoding.Decode(content);
            if (entries.Length == 0)
            {
                throw new InvalidDataException("a block has no letters");
            }
            Add(_heads.Count, BlockHead.Of(id, sum, entries, groups));
        }
        _heads.Sort((left, right) => left.First.CompareTo(right.First));
        for (var i = 1; i < _heads.Count; i++)
        {
            if (_heads[i].First <= _heads[i - 1].Last)
            {
                throw new InvalidDataException("two blocks overlap");
            }
        }
    }

    /// <summary>The letters of a block.</summary>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    internal LetterEntry[] Read(BlockHead head) => documents.Find(head.Id) is { } read && read.Sum == head.Sum
        ? BlockCoding.Decode(read.Content)
        : throw new InvalidDataException("a block is not as it was written");

    /// <summary>Index of the first block that has letters behind this key; the number of blocks if none has.</summary>
    internal int IndexBehind(DeadLetterKey key)
    {
        var index = Math.Max(IndexOf(key), 0);
        return index < _heads.Count && _heads[index].Last <= key ? index + 1 : index;
    }

    /// <summary>Puts letters in the place of those with the same keys, or removes them.</summary>
    /// <param name="edits">In ascending order of keys, each once.</param>
    internal void Apply(IReadOnlyList<DeadLetterEdit> edits)
    {
        for (var i = 0; i < edits.Count;)
        {
            var index = Math.Max(IndexOf(edits[i].Key), 0);
            var isLast = index + 1 >= _heads.Count;
            var end = i + 1;
            while (end < edits.Count && (isLast || edits[end].Key < _heads[index + 1].First))
            {
                end++;
            }
            Replace(index, Merge(index < _heads.Count ? Read(_heads[index]) : [], edits, i, end));
            i = end;
        }
    }

    // Index of the last block that begins at or before the key; -1 if all begin behind it.
    private int IndexOf(DeadLetterKey key)
    {
        var (low, high) = (0, _heads.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _heads[middle].First <= key ? (middle + 1, high) : (low, middle);
        }
        return low - 1;
    }

    private List<LetterEntry> Merge(LetterEntry[] known, IReadOnlyList<DeadLetterEdit> edits, int from, int end)
    {
        var merged = new List<LetterEntry>(known.Length + end - from);
        var next = 0;
        for (var i = from; i < end; i++)
        {
            for (; next < known.Length && BlockHead.KeyOf(known[next], groups) < edits[i].Key; next++)
            {
                merged.Add(known[next]);
            }
            if (next < known.Length && BlockHead.KeyOf(known[next], groups) == edits[i].Key)
            {
                next++;
            }
            if (edits[i].Letter is { } letter)
            {
                merged.Add(LetterEntry.Of(letter, groups.Of(letter)));
            }
        }
        merged.AddRange(known.AsSpan(next));
        return merged;
    }

    // The first part keeps the block's number, so that a block that grows at its end stays where it is.
    private void Replace(int index, List<LetterEntry> entries)
    {
        var id = index < _heads.Count ? _heads[index].Id : _next;
        if (index < _heads.Count)
        {
            Remove(index);
        }
        // Full where letters are added behind all others; else with room, so that the next one does not make a part of its own.
        var parts = (entries.Count + EntriesMax - 1) / EntriesMax;
        var size = index == _heads.Count ? EntriesMax : (entries.Count + parts - 1) / Math.Max(parts, 1);
        foreach (var part in entries.Chunk(Math.Max(size, 1)))
        {
            Add(index++, BlockHead.Of(id, documents.Write(id, BlockCoding.Encode(part)), part, groups));
            id = _next;
        }
        if (entries.Count == 0)
        {
            documents.Delete(id);
        }
    }

    private void Add(int index, BlockHead head)
    {
        _heads.Insert(index, head);
        _next = Math.Max(_next, head.Id + 1);
        unchecked
        {
            Root += head.Sum;
        }
        foreach (var share in head.Shares)
        {
            groups.Count(share.Group, share.Count, share.Bytes);
        }
    }

    private void Remove(int index)
    {
        var head = _heads[index];
        _heads.RemoveAt(index);
        unchecked
        {
            Root -= head.Sum;
        }
        foreach (var share in head.Shares)
        {
            groups.Count(share.Group, -share.Count, -share.Bytes);
        }
    }
}
