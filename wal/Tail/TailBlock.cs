using System.Diagnostics;
using Ingest.Wal.Segments;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tail;

/// <summary>
/// Committed bytes of one segment, one group behind the other as they are on disk, in native memory. Behind them lies the group that is
/// being filled.
/// </summary>
/// <remarks>
/// Threads: who counts as a holder reads it without a lock; memory, segment and offset do not change while there is one, but for the first
/// group, which is published under the ring's lock. <see cref="Bytes"/> only grows meanwhile, and the committing thread alone writes it,
/// after the bytes below it were flushed.
/// </remarks>
internal sealed unsafe class TailBlock
{
    /// <summary>Memory beside the groups: a page for what stands in front of them, and one for what is behind the last in its
    /// page.</summary>
    internal const int BytesBeside = 2 * DirectPage.Bytes;

    /// <summary>Holds nothing while the block has no memory.</summary>
    private readonly PageMemory _memory = new();

    /// <summary>Segment of these bytes; null until the first group is published.</summary>
    private Segment? _segment;

    /// <summary>Where in the segment the first byte stands.</summary>
    private long _offset;

    /// <summary>
    /// How much room the memory has in front of that byte: what stands there in its page, so that memory and segment have their pages in
    /// the same places, as direct writes want them.
    /// </summary>
    private int _front;

    /// <summary>How many bytes are flushed.</summary>
    private int _bytes;

    /// <summary>How many read the block or fill it. Under the ring's lock.</summary>
    internal int Holders { get; set; }

    /// <summary>Memory that is held now. Under the ring's lock.</summary>
    internal long MemoryBytes => _memory.Bytes;

    /// <summary>Under the ring's lock.</summary>
    internal bool HasMemory => MemoryBytes > 0;

    /// <summary>How many bytes are flushed. Any thread.</summary>
    internal int Bytes => Volatile.Read(ref _bytes);

    /// <summary>The first byte behind those that are flushed. Committing thread, while it holds the block.</summary>
    internal byte* Free => _memory.Start + _front + _bytes;

    /// <summary>Whether these bytes of a segment are here. Under the ring's lock.</summary>
    internal bool Holds(Segment segment, long offset, int count) => _segment == segment && Holds(offset, count);

    /// <summary>Whether these bytes of its segment are here. A holder.</summary>
    internal bool Holds(long offset, int count) => offset >= _offset && offset + count <= _offset + Bytes;

    /// <summary>Whether a group at this place of a segment stands directly behind what is here. Committing thread.</summary>
    internal bool EndsAt(Segment segment, long offset) => _segment == segment && _offset + _bytes == offset;

    /// <summary>What is here from an offset on, up to a limit; of an offset that is here. A holder.</summary>
    internal ReadOnlySpan<byte> At(long offset, long limit) =>
        new(_memory.Start + _front + (offset - _offset), (int)(Math.Min(limit, _offset + Bytes) - offset));

    /// <summary>Has the first group begin behind so many bytes of its page. Committing thread, of an empty block that it holds.</summary>
    internal void LeaveFront(int bytes) => _front = bytes;

    /// <summary>
    /// How many of so many bytes in front of <see cref="Free"/> in its page are not of this block: those before its first byte, whatever
    /// way the groups in it were written. Committing thread, while it holds the block.
    /// </summary>
    internal int Missing(int front) => Math.Max(0, front - _bytes);

    /// <summary>Counts the group at <see cref="Free"/> as flushed. Committing thread, under the ring's lock for the first one.</summary>
    internal void Publish(Segment segment, long offset, int count)
    {
        if (_bytes == 0)
        {
            (_segment, _offset) = (segment, offset);
        }
        Debug.Assert(EndsAt(segment, offset), "A group stands elsewhere than behind the one before it.");
        Volatile.Write(ref _bytes, _bytes + count);
    }

    /// <summary>Begins anew. Under the ring's lock, with no holder.</summary>
    /// <exception cref="OutOfMemoryException">There is none; the block is empty.</exception>
    internal void Begin(int capacity)
    {
        Empty();
        if (!HasMemory)
        {
            _memory.Resize((long)capacity + BytesBeside);
        }
    }

    /// <summary>Gives the memory back. Under the ring's lock, with no holder.</summary>
    internal void Drop()
    {
        Empty();
        _memory.Resize(0);
    }

    /// <summary>Whether nothing is here that its segment does not let readers see. Under the ring's lock, between two commits.</summary>
    internal bool IsReadable => _segment is null || _segment.LastSequence != long.MaxValue || _offset + Bytes <= _segment.Readable.End;

    /// <summary>Whether two blocks have the same byte of a segment. Under the ring's lock.</summary>
    internal bool Overlaps(TailBlock other) =>
        _segment is not null && _segment == other._segment && _offset < other._offset + other.Bytes && other._offset < _offset + Bytes;

    private void Empty() => (_segment, _offset, _front, _bytes) = (null, 0, 0, 0);
}
