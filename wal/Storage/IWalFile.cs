namespace Ingest.Wal.Storage;

/// <summary>One open file of a log. Reads may run beside a write; writes and flushes come from one thread at a time.</summary>
/// <remarks>Every failure is a <see cref="StorageException"/>.</remarks>
public interface IWalFile : IDisposable
{
    /// <summary>Bytes of the pages of <see cref="TryWriteDirect"/>.</summary>
    const int PageBytes = 4096;

    /// <summary>Current length in bytes.</summary>
    long Length { get; }

    /// <summary>Length and name as they are now. A file that was deleted or cut by another process takes writes as before.</summary>
    FileState State => new(Length, HasName: true);

    /// <summary>Reads up to <paramref name="buffer"/>'s length at <paramref name="offset"/>; less only at the end of the file.</summary>
    int Read(Span<byte> buffer, long offset);

    /// <summary>Writes all of <paramref name="bytes"/> at <paramref name="offset"/>, or fails.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>
    /// Gets the file ready for <see cref="TryWriteDirect"/>. False: it takes no such writes. True: it does, as far as that is known
    /// without one.
    /// </summary>
    bool TryTurnDirect() => false;

    /// <summary>
    /// Writes whole pages past the page cache, from memory and to an offset that begin a page: all of them, or it fails. False: the file
    /// takes no such writes. What there is of the pages then is not known, so that the same bytes are to be written again, by
    /// <see cref="Write"/>.
    /// </summary>
    bool TryWriteDirect(ReadOnlySpan<byte> pages, long offset) => false;

    /// <summary>Makes everything written so far durable: a checked fdatasync.</summary>
    void Flush();

    /// <summary>Extends the file to <paramref name="length"/> and reserves its blocks without writing them, so that writing there cannot
    /// run out of space. False: this file system cannot, and nothing was changed.</summary>
    bool Reserve(long length) => false;
}
