using System.Runtime.InteropServices;

namespace Ingest.Wal.Writing;

/// <summary>
/// Native memory that begins with a page, for groups of records. Its owner gives it back by <see cref="Resize"/>; what an owner left
/// behind, as a log does that dies half-way, goes with it.
/// </summary>
/// <remarks>One thread at a time. A span into it is good while the owner is referenced, and until the next <see cref="Resize"/>.</remarks>
internal sealed unsafe class PageMemory
{
    /// <summary>Frees what is held.</summary>
    ~PageMemory() => NativeMemory.AlignedFree(Start);

    /// <summary>The first byte; null while nothing is held.</summary>
    internal byte* Start { get; private set; }

    /// <summary>How many bytes are held.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Holds so many bytes from now on, and keeps what was there as far as it fits; 0: none.</summary>
    /// <exception cref="OutOfMemoryException">There is not so much; what is held stays.</exception>
    internal void Resize(long bytes)
    {
        if (bytes > 0)
        {
            Start = (byte*)NativeMemory.AlignedRealloc(Start, (nuint)bytes, DirectPage.Bytes);
            Bytes = bytes;
            return;
        }
        NativeMemory.AlignedFree(Start);
        Start = null;
        Bytes = 0;
    }
}
