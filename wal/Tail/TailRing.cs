using Ingest.Wal.Segments;

namespace Ingest.Wal.Tail;

/// <summary>The last committed groups in memory, for readers that keep up: what they would read from the disk.</summary>
/// <remarks>
/// What holds:
/// <list type="bullet">
/// <item>Bytes enter after the flush of their group succeeded, in order, and are the very bytes that were written: the group was filled
/// where it stays.</item>
/// <item>A block has consecutive bytes of one segment and whole groups only. No byte is in two blocks.</item>
/// <item>The ring only ever stands for a range of a segment's bytes. Which numbers there are, where a segment ends, and what is lost or
/// passed over, readers learn where they learn it without a ring; bytes that are not here they read from the file. So no number can be in
/// neither, wherever a reader changes between them.</item>
/// <item>A block with a holder is neither filled anew nor freed. Readers hold one at most, and look at it without a copy.</item>
/// <item>The memory of all blocks, with the pages beside their groups, is what was allowed at most. When all are held, groups are filled
/// elsewhere and read from the disk.</item>
/// </list>
/// Threads: the lock guards which block is whose, and is taken once a block, not once a group. The committing thread calls
/// <see cref="Next"/> and <see cref="Publish"/>; any thread the rest.
/// </remarks>
internal sealed class TailRing : IDisposable
{
    /// <summary>Groups are seldom larger (<c>Queue:CommitBytesMax</c>).</summary>
    internal const int BlockBytesMax = 4 * 1024 * 1024;

    /// <summary>Smaller blocks would hardly take a group.</summary>
    internal const int BlockBytesMin = 4096;

    /// <summary>The smallest ring: one block.</summary>
    internal const int BytesMin = BlockBytesMin + TailBlock.BytesBeside;

    private const int BlocksWanted = 16;

    private readonly Lock _lock = new();

    /// <summary>In the order in which they are filled, which goes around.</summary>
    private readonly TailBlock[] _blocks;

    /// <summary>The block that was filled longest ago, unless it is held. Under the lock.</summary>
    private int _oldest;

    /// <summary>No block is filled any more, and who lets go of one frees it. Under the lock.</summary>
    private bool _closed;

    private TailRing(int bytes)
    {
        BlockBytes = Math.Clamp((bytes / BlocksWanted) - TailBlock.BytesBeside, BlockBytesMin, BlockBytesMax);
        _blocks = new TailBlock[bytes / (BlockBytes + TailBlock.BytesBeside)];
        for (var i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = new TailBlock();
        }
    }

    /// <summary>A ring of at most so many bytes of memory; null where that is less than a block has.</summary>
    internal static TailRing? Of(int bytes) => bytes < BytesMin ? null : new TailRing(bytes);

    /// <summary>What a block takes of groups.</summary>
    internal int BlockBytes { get; }

    /// <summary>Memory that is held now. Any thread.</summary>
    internal long HeldBytes
    {
        get
        {
            lock (_lock)
            {
                return _blocks.Sum(block => block.MemoryBytes);
            }
        }
    }

    /// <summary>
    /// An empty block for the committing thread, which holds it until <see cref="Release"/>. Null: all are held, or there is no memory for
    /// one, which must not stop a log.
    /// </summary>
    internal TailBlock? Next()
    {
        lock (_lock)
        {
            for (var tried = 0; tried < _blocks.Length && !_closed; tried++)
            {
                var block = _blocks[_oldest];
                _oldest = (_oldest + 1) % _blocks.Length;
                if (block.Holders == 0 && TryBegin(block))
                {
                    block.Holders = 1;
                    return block;
                }
            }
            return null;
        }
    }

    /// <summary>Shows readers a group that was flushed. Committing thread, which holds the block.</summary>
    internal void Publish(TailBlock block, Segment segment, long offset, int count)
    {
        if (block.Bytes > 0)
        {
            block.Publish(segment, offset, count);
            return;
        }
        lock (_lock)
        {
            block.Publish(segment, offset, count);
        }
    }

    /// <summary>The block with these bytes, held until <see cref="Release"/>; null when none has all of them.</summary>
    internal TailBlock? Find(Segment segment, long offset, int count)
    {
        lock (_lock)
        {
            foreach (var block in _blocks)
            {
                if (block.Holds(segment, offset, count))
                {
                    block.Holders++;
                    return block;
                }
            }
            return null;
        }
    }

    /// <summary>Lets go of a block.</summary>
    internal void Release(TailBlock block)
    {
        lock (_lock)
        {
            block.Holders--;
            if (_closed && block.Holders == 0)
            {
                block.Drop();
            }
        }
    }

    /// <summary>Gives back the memory of blocks without a holder. What was in them is on disk.</summary>
    internal void Trim()
    {
        foreach (var block in _blocks)
        {
            // For each anew: the committing thread may want the lock.
            lock (_lock)
            {
                if (block.Holders == 0)
                {
                    block.Drop();
                }
            }
        }
    }

    /// <summary>Frees blocks without a holder; a reader frees the one it holds when it lets go.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
        }
        Trim();
    }

    /// <summary>Throws where a field contradicts another. Any thread, between two commits; for tests.</summary>
    internal void AssertInvariants()
    {
        lock (_lock)
        {
            for (var i = 0; i < _blocks.Length; i++)
            {
                var block = _blocks[i];
                Require(block.Holders >= 0, "A block was let go of more often than it was held.");
                Require(block.HasMemory || (block.Holders == 0 && block.Bytes == 0), "A block without memory is held, or has bytes.");
                Require(block.Bytes <= BlockBytes, "A block has more bytes than it takes.");
                Require(block.IsReadable, "A block has bytes that its segment does not let readers see.");
                Require(!_closed || block.Holders > 0 || !block.HasMemory, "A closed ring keeps memory that nobody holds.");
                Require(!_blocks.AsSpan(0, i).ToArray().Any(block.Overlaps), "Two blocks have the same bytes.");
            }
        }
    }

    private bool TryBegin(TailBlock block)
    {
        try
        {
            block.Begin(BlockBytes);
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
