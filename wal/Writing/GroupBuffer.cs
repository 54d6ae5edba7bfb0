using System.Diagnostics;
using Ingest.Wal.Format;
using Ingest.Wal.Segments;
using Ingest.Wal.Tail;

namespace Ingest.Wal.Writing;

/// <summary>
/// The bytes of the group being filled: native memory, so that a write needs no pinning and the heap never holds it. Where the log keeps
/// its last groups in memory they are filled in their place there, so that they get there without a copy. Committing thread only.
/// </summary>
internal sealed unsafe class GroupBuffer : IDisposable
{
    private const int InitialBytes = 256 * 1024;

    private readonly int _keptBytesMax;
    private readonly TailRing? _tail;

    /// <summary>Memory of its own that is never given back, in bytes.</summary>
    private readonly int _kept;

    /// <summary>Where the group lies.</summary>
    private byte* _start;

    /// <summary>What it may take there.</summary>
    private int _capacity;

    /// <summary>
    /// Memory for groups that no block takes. With blocks there is always some: a group must find a place without any new memory.
    /// </summary>
    private readonly PageMemory _own = new();

    /// <summary>Bytes of that memory.</summary>
    private int _ownCapacity;

    /// <summary>The block that is filled, which is held; null where a group did not get into one since.</summary>
    private TailBlock? _block;

    /// <summary>The group lies in the block, behind what is flushed there.</summary>
    private bool _isInBlock;

    /// <summary>The group will stand on the disk behind what the block has.</summary>
    private bool _follows;

    /// <summary>How many bytes will stand in front of the group in its page; as many are free in front of it in memory.</summary>
    private int _front;

    /// <summary>The last group was larger than a block: the next one is not begun in a block that it would only empty.</summary>
    private bool _outgrew;

    /// <param name="keptBytesMax">Memory of its own, in bytes, that is kept from group to group.</param>
    /// <param name="tail">Where the last groups stay; null: nowhere.</param>
    internal GroupBuffer(int keptBytesMax, TailRing? tail = null)
    {
        (_keptBytesMax, _tail, _kept) = (keptBytesMax, tail, tail is null ? 0 : InitialBytes);
        if (_kept > 0)
        {
            ResizeOwn(_kept);
        }
    }

    /// <summary>Bytes of the group so far.</summary>
    internal int Bytes { get; private set; }

    /// <summary>Memory of its own that is held, in bytes.</summary>
    internal int CapacityBytes => _ownCapacity;

    internal ReadOnlySpan<byte> Written => new(_start, Bytes);

    /// <summary>Begins a group that will stand at this offset of a segment; null: of one that is not made yet.</summary>
    internal void Begin(Segment? segment, long offset)
    {
        _front = DirectPage.Front(segment is null ? SegmentHeader.BlockBytes : offset);
        _follows = _block is not null && (_block.Bytes == 0 || (segment is not null && _block.EndsAt(segment, offset)));
    }

    /// <summary>
    /// The pages in which the group will lie, with <paramref name="front"/> before it and zeros behind it. What a block has of the front is
    /// there already, and readers look at it.
    /// </summary>
    internal ReadOnlySpan<byte> Pages(ReadOnlySpan<byte> front)
    {
        Debug.Assert(front.Length == _front, "A group stands elsewhere than it was begun for.");
        var missing = _isInBlock ? _block!.Missing(_front) : _front;
        front[..missing].CopyTo(new Span<byte>(_start - _front, missing));
        var bytes = DirectPage.Whole(_front + Bytes);
        new Span<byte>(_start + Bytes, bytes - _front - Bytes).Clear();
        return new(_start - _front, bytes);
    }

    /// <summary>Room for <paramref name="count"/> bytes behind what is there, counted as written.</summary>
    internal Span<byte> Append(int count)
    {
        var needed = checked(Bytes + count);
        if (needed > _capacity)
        {
            Place(needed);
        }
        var room = new Span<byte>(_start + Bytes, count);
        Bytes = needed;
        return room;
    }

    /// <summary>Shows readers the group, which is flushed at this offset of the segment.</summary>
    internal void Publish(Segment segment, long offset)
    {
        if (_isInBlock)
        {
            _tail!.Publish(_block!, segment, offset, Bytes);
        }
    }

    /// <summary>Empties it, and gives back what one unusually large group needed.</summary>
    internal void Clear()
    {
        LieAt(null, 0, isInBlock: false);
        _outgrew = Bytes > _tail?.BlockBytes;
        (Bytes, _follows) = (0, false);
        if (_ownCapacity > Math.Max(_keptBytesMax, _kept))
        {
            GiveBack();
        }
    }

    public void Dispose()
    {
        Clear();
        ResizeOwn(0);
        LeaveBlock();
    }

    /// <summary>Finds a place for a group of so many bytes, and takes along what is there of it.</summary>
    private void Place(int needed)
    {
        if (_outgrew)
        {
            MoveToOwn(needed);
        }
        else if (_follows && Bytes == 0 && _tail!.BlockBytes - _block!.Bytes >= needed)
        {
            LeaveFrontOf(_block);
            LieAt(_block.Free, _tail.BlockBytes - _block.Bytes, isInBlock: true);
        }
        else if (needed <= _tail?.BlockBytes && _tail.Next() is { } next)
        {
            MoveTo(next, _tail.BlockBytes);
        }
        else
        {
            MoveToOwn(needed);
        }
    }

    private void MoveTo(TailBlock next, int capacity)
    {
        LeaveFrontOf(next);
        Written.CopyTo(new Span<byte>(next.Free, capacity));
        LeaveBlock();
        _block = next;
        LieAt(next.Free, capacity, isInBlock: true);
    }

    private void LeaveFrontOf(TailBlock block)
    {
        if (block.Bytes == 0)
        {
            block.LeaveFront(_front);
        }
    }

    /// <summary>The block is let go of: what comes after the group does not stand behind what is in it.</summary>
    private void MoveToOwn(int needed)
    {
        if (needed > _ownCapacity)
        {
            ResizeOwn((int)Math.Max(needed, Math.Min(Math.Max(InitialBytes, _ownCapacity * 2L), Array.MaxLength)));
        }
        if (_isInBlock)
        {
            Written.CopyTo(new Span<byte>(_own.Start + _front, _ownCapacity));
        }
        LeaveBlock();
        LieAt(_own.Start + _front, _ownCapacity, isInBlock: false);
    }

    private void LieAt(byte* start, int capacity, bool isInBlock)
    {
        _start = start;
        (_capacity, _isInBlock) = (capacity, isInBlock);
    }

    private void LeaveBlock()
    {
        if (_block is not null)
        {
            _tail!.Release(_block);
            _block = null;
        }
    }

    private void GiveBack()
    {
        try
        {
            ResizeOwn(_kept);
        }
        catch (OutOfMemoryException)
        {
            // Less is made before what is held goes: without room for both it stays.
        }
    }

    private void ResizeOwn(int capacity)
    {
        _own.Resize(capacity == 0 ? 0 : (long)capacity + TailBlock.BytesBeside);
        _ownCapacity = capacity;
    }
}
