using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// A file in the log's directory that has what marks on events told, and the cursor that says up to where in the log it has them all. The
/// file is replaced first, the cursor moved then: a crash in between has the log read again behind the old position, which changes nothing.
/// One thread at a time.
/// </summary>
/// <param name="directory">Where the log lies.</param>
/// <param name="log">The log.</param>
/// <param name="name">The file's name; the cursor's is the same behind an underscore. Lanes' names start with a letter or digit.</param>
internal sealed class MarksFile(IWalDirectory directory, WriteAheadLog log, string name) : IDisposable
{
    private static readonly byte[] HasFile = [1];

    private WalCursor _cursor = log.OpenCursor("_" + name);

    /// <summary>The file has every mark up to here. Any thread.</summary>
    internal long Through => Volatile.Read(ref _cursor).Sequence;

    /// <summary>What a damaged file is renamed to.</summary>
    internal static string DamagedName(string name) => name + ".damaged";

    /// <summary>Takes over what the file has. False: there was one, and it cannot be used; it is put aside.</summary>
    /// <param name="take">Takes over its content; false where it is damaged.</param>
    /// <exception cref="StorageException">It could not be read.</exception>
    internal bool TryRead(Func<ReadOnlySpan<byte>, bool> take)
    {
        byte[] content;
        try
        {
            using var file = directory.Open(name, writable: false);
            content = new byte[file.Length];
            content = content[..file.Read(content, 0)];
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return _cursor.Annotation.IsEmpty;
        }
        if (take(content))
        {
            return true;
        }
        directory.Rename(name, DamagedName(name));
        directory.Sync();
        return false;
    }

    /// <summary>Replaces the file durably, and then moves the cursor.</summary>
    /// <param name="fill">Writes the content.</param>
    /// <param name="through">Up to here it has every mark.</param>
    /// <exception cref="StorageException">Any of that failed; what was saved before still holds.</exception>
    internal void Save(Action<IWalFile> fill, long through)
    {
        AtomicFile.Write(directory, name, fill);
        Move(through, HasFile);
    }

    /// <summary>Moves the cursor alone: the log has no marks between it and there.</summary>
    /// <exception cref="StorageException">It could not be saved; what was saved before still holds.</exception>
    internal void Move(long through) => Move(through, _cursor.Annotation.Span);

    /// <inheritdoc/>
    public void Dispose() => _cursor.Dispose();

    private void Move(long through, ReadOnlySpan<byte> annotation)
    {
        try
        {
            _cursor.Save(through, annotation);
        }
        catch (StorageException)
        {
            // It takes no more saves; another one does.
            _cursor.Dispose();
            Volatile.Write(ref _cursor, log.OpenCursor("_" + name));
            throw;
        }
    }
}
