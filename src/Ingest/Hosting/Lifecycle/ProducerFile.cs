using System.Buffers;
using Ingest.Intake.Producers;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// The producers' file in the log's directory, and the cursor that says up to where in the log it holds every mark. The file is replaced
/// first, the cursor moved then: a crash in between has the log read again behind the old position, which changes nothing. One thread at a
/// time.
/// </summary>
internal sealed class ProducerFile(IWalDirectory directory, WriteAheadLog log) : IDisposable
{
    /// <summary>Name of the cursor. Lanes' names start with a letter or digit, so it is no lane's.</summary>
    internal const string Cursor = "_producers";

    /// <summary>Name of the file.</summary>
    internal const string Name = "producers";

    /// <summary>What a damaged file is renamed to.</summary>
    internal const string DamagedName = "producers.damaged";

    private static readonly byte[] HasFile = [1];

    private WalCursor _cursor = log.OpenCursor(Cursor);

    /// <summary>The file holds every mark up to here. Any thread.</summary>
    internal long Through => Volatile.Read(ref _cursor).Sequence;

    /// <summary>Takes over what the file has. False: there was one, and it cannot be used; it is put aside.</summary>
    /// <exception cref="StorageException">It could not be read.</exception>
    internal bool TryRead(ProducerSequences sequences, DateTimeOffset now)
    {
        byte[] content;
        try
        {
            using var file = directory.Open(Name, writable: false);
            content = new byte[file.Length];
            content = content[..file.Read(content, 0)];
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return _cursor.Annotation.IsEmpty;
        }
        if (ProducerTable.TryRead(content, sequences, now))
        {
            return true;
        }
        directory.Rename(Name, DamagedName);
        directory.Sync();
        return false;
    }

    /// <summary>Replaces the file durably, and then moves the cursor.</summary>
    /// <exception cref="StorageException">Any of that failed; what was saved before still holds.</exception>
    internal void Save(ProducerSequences sequences, long through)
    {
        var content = new ArrayBufferWriter<byte>(64 * 1024);
        ProducerTable.Begin(content);
        sequences.Write(content);
        ProducerTable.End(content);
        AtomicFile.Write(directory, Name, content.WrittenSpan);
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
            Volatile.Write(ref _cursor, log.OpenCursor(Cursor));
            throw;
        }
    }
}
