using System.Runtime.InteropServices;

namespace Ingest.Wal.Writing;

/// <summary>
/// The bytes of the group being filled: native memory, so that a write needs no pinning and the heap never holds it. Committing thread
/// only.
/// </summary>
internal sealed unsafe class GroupBuffer(int keptBytesMax) : IDisposable
{
    private const int InitialBytes = 256 * 1024;

    private byte* _start;
    private int _capacity;

    internal int Bytes { get; private set; }

    /// <summary>Bytes that are held.</summary>
    internal int CapacityBytes => _capacity;

    internal ReadOnlySpan<byte> Written => new(_start, Bytes);

    /// <summary>Room for <paramref name="count"/> bytes behind what is there, counted as written.</summary>
    internal Span<byte> Append(int count)
    {
        var needed = checked(Bytes + count);
        if (needed > _capacity)
        {
            Resize((int)Math.Max(needed, Math.Min(Math.Max(InitialBytes, _capacity * 2L), Array.MaxLength)));
        }
        var room = new Span<byte>(_start + Bytes, count);
        Bytes = needed;
        return room;
    }

    /// <summary>Empties it, and gives back what one unusually large group needed.</summary>
    internal void Clear()
    {
        Bytes = 0;
        if (_capacity > keptBytesMax)
        {
            Resize(0);
        }
    }

    public void Dispose()
    {
        Bytes = 0;
        Resize(0);
    }

    private void Resize(int capacity)
    {
        if (capacity == 0)
        {
            NativeMemory.Free(_start);
            _start = null;
        }
        else
        {
            _start = (byte*)NativeMemory.Realloc(_start, (nuint)capacity);
        }
        _capacity = capacity;
    }
}
