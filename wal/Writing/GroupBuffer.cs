using System.Runtime.InteropServices;
using Ingest.Wal.Segments;
using Ingest.Wal.Tail;

namespace Ingest.Wal.Writing;

/// <summary>
/// The bytes of the group being filled: native memory, so that a write needs no pinning and the heap never holds it. Where the log keeps
/// its last groups in memory they are filled in their place there, so that they get there without a copy. Committing thread only.
/// </summary>
internal sealed unsafe class GroupBuffer(int keptBytesMax, TailRing? tail = null) : IDisposable
{
    private const int InitialBytes = 256 * 1024;

    /// <summary>Where the group lies.</summary>
    private byte* _start;

    /// <summary>What it may take there.</summary>
    private int _capacity;

    /// <summary>Memory for groups that no block takes; null until there is one.</summary>
    private byte* _own;

    /// <summary>Bytes of that memory.</summary>
    private int _ownCapacity;

    /// <summary>The block that is filled, which is held; null where a group did not get into one since.</summary>
    private TailBlock? _block;

    /// <summary>The group lies in the block, behind what is flushed there.</summary>
    private bool _isInBlock;

    /// <summary>The group will stand on the disk behind what the block has.</summary>
    private bool _follows;

    /// <summary>Bytes of the group so far.</summary>
    internal int Bytes { get; private set; }

    /// <summary>Memory of its own that is held, in bytes.</summary>
    internal int CapacityBytes => _ownCapacity;

    internal ReadOnlySpan<byte> Written => new(_start, Bytes);

    /// <summary>Begins a group that will stand at this offset of a segment; null: of one that is not made yet.</summary>
    internal void Begin(Segment? segment, long offset) =>
        _follows = _block is not null && (_block.Bytes == 0 || (segment is not null && _block.EndsAt(segment, offset)));

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
            tail!.Publish(_block!, segment, offset, Bytes);
        }
    }

    /// <summary>Empties it, and gives back what one unusually large group needed.</summary>
    internal void Clear()
    {
        LieAt(null, 0, isInBlock: false);
        (Bytes, _follows) = (0, false);
        if (_ownCapacity > keptBytesMax)
        {
            ResizeOwn(0);
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
        if (_follows && Bytes == 0 && tail!.BlockBytes - _block!.Bytes >= needed)
        {
            LieAt(_block.Free, tail.BlockBytes - _block.Bytes, isInBlock: true);
        }
        else if (needed <= tail?.BlockBytes && tail.Next() is { } next)
        {
            MoveTo(next, tail.BlockBytes);
        }
        else
        {
            MoveToOwn(needed);
        }
    }

    private void MoveTo(TailBlock next, int capacity)
    {
        Written.CopyTo(new Span<byte>(next.Free, capacity));
        LeaveBlock();
        _block = next;
        LieAt(next.Free, capacity, isInBlock: true);
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
            Written.CopyTo(new Span<byte>(_own, _ownCapacity));
        }
        LeaveBlock();
        LieAt(_own, _ownCapacity, isInBlock: false);
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
            tail!.Release(_block);
            _block = null;
        }
    }

    private void ResizeOwn(int capacity)
    {
        if (capacity == 0)
        {
            NativeMemory.Free(_own);
            _own = null;
        }
        else
        {
            _own = (byte*)NativeMemory.Realloc(_own, (nuint)capacity);
        }
        _ownCapacity = capacity;
    }
}
