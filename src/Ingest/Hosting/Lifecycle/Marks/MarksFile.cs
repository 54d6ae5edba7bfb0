using System.Buffers.Binary;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;

namespace Ingest.Hosting.Lifecycle.Marks;

/// <summary>
/// A file in the log's directory that has what marks on events told, and the cursor that says up to where in the log it has them all. The
/// file is replaced first, the cursor moved then: a crash in between has the log read again behind the old position, which changes nothing.
/// One thread at a time.
/// </summary>
internal sealed class MarksFile : IDisposable
{
    /// <summary>Tries after which a file that cannot be read counts as damaged: requests that need it are refused until then.</summary>
    internal const int TriesMax = 5;

    // The cursor's annotation, where there is a file: one byte, and up to where the file itself goes; the cursor may go further. Earlier
    // builds wrote the byte alone.
    private const int AnnotationBytes = 1 + sizeof(long);

    private readonly IWalDirectory _directory;
    private readonly WriteAheadLog _log;
    private readonly string _name;
    private readonly bool _isCursorForeign;

    // Null: a save failed, after which the object takes none any more. The next one goes through a new object.
    private WalCursor? _cursor;
    private byte[] _annotation;
    private long _through;
    private volatile bool _isLost;
    private int _failures;

    /// <param name="directory">Where the log lies.</param>
    /// <param name="log">The log.</param>
    /// <param name="name">The file's name; the cursor's is the same behind an underscore, which no lane's has.</param>
    internal MarksFile(IWalDirectory directory, WriteAheadLog log, string name)
    {
        (_directory, _log, _name) = (directory, log, name);
        _cursor = log.OpenCursor("_" + name);
        _annotation = _cursor.Annotation.ToArray();
        _isCursorForeign = _cursor.IsForeign;
    }

    /// <summary>Fills a file, from an offset on.</summary>
    internal delegate void Filler(IWalFile file, long from);

    /// <summary>The file has every mark up to here; 0 until it is read, and where it cannot be used. Any thread.</summary>
    internal long Through => Volatile.Read(ref _through);

    /// <summary>The log alone has what the file should have, until the next save. Any thread.</summary>
    internal bool IsLost => _isLost;

    /// <summary>What a file that cannot be used is renamed to.</summary>
    internal static string DamagedName(string name) => name + ".damaged";

    /// <summary>What another log's file is renamed to.</summary>
    internal static string ForeignName(string name) => name + ".foreign";

    /// <summary>Takes over what the file has. One that cannot be used is put aside.</summary>
    /// <param name="take">Takes over its content; false where it is damaged.</param>
    /// <exception cref="Exception">The file could not be read, for whatever reason; another call tries again.</exception>
    internal MarksFound Read(Func<ReadOnlySpan<byte>, bool> take)
    {
        MarksFound found;
        try
        {
            found = TakeOver(take);
        }
        catch (Exception) when (++_failures >= TriesMax)
        {
            // Whatever it is, one too large for memory too.
            found = MarksFound.Damaged;
            TryPutAside();
        }
        _isLost = found != MarksFound.Known;
        return found;
    }

    /// <summary>Replaces the file durably, and then moves the cursor.</summary>
    /// <param name="fill">Writes the content.</param>
    /// <param name="through">Up to here it has every mark.</param>
    /// <exception cref="StorageException">Any of that failed; what was saved before still holds.</exception>
    internal void Save(Filler fill, long through)
    {
        AtomicFile.Write(_directory, _name, file =>
        {
            var header = new byte[MarksHeader.Bytes];
            new MarksHeader(_log.Id, through).Write(header);
            file.Write(header, 0);
            fill(file, header.Length);
        });
        var annotation = new byte[AnnotationBytes];
        annotation[0] = 1;
        BinaryPrimitives.WriteInt64LittleEndian(annotation.AsSpan(1), through);
        Move(through, annotation);
        _isLost = false;
    }

    /// <summary>Moves the cursor alone: the log has no marks between it and there.</summary>
    /// <exception cref="StorageException">It could not be saved; what was saved before still holds.</exception>
    internal void Move(long through) => Move(through, _annotation);

    /// <inheritdoc/>
    public void Dispose() => _cursor?.Dispose();

    private MarksFound TakeOver(Func<ReadOnlySpan<byte>, bool> take)
    {
        var saved = _cursor?.Sequence ?? 0;
        if (ReadContent() is not { } content)
        {
            if (_annotation.Length > 0)
            {
                return MarksFound.Damaged;
            }
            Volatile.Write(ref _through, saved);
            return MarksFound.Known;
        }
        ReadOnlySpan<byte> rest = content;
        var hasHeader = MarksHeader.TryRead(rest, out var header);
        if (hasHeader ? header.Log != _log.Id : _isCursorForeign)
        {
            PutAside(ForeignName(_name));
            return MarksFound.Foreign;
        }
        if (!take(hasHeader ? rest[MarksHeader.Bytes..] : rest))
        {
            PutAside(DamagedName(_name));
            return MarksFound.Damaged;
        }
        // An older file than the cursor speaks of has less than the cursor says.
        var isOlder = hasHeader && _annotation.Length == AnnotationBytes
            && header.Through < BinaryPrimitives.ReadInt64LittleEndian(_annotation.AsSpan(1));
        Volatile.Write(ref _through, isOlder ? Math.Min(saved, header.Through) : saved);
        return MarksFound.Known;
    }

    private byte[]? ReadContent()
    {
        try
        {
            using var file = _directory.Open(_name, writable: false);
            var content = new byte[file.Length];
            var read = file.Read(content, 0);
            return read == content.Length ? content : [];
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return null;
        }
    }

    private void PutAside(string aside)
    {
        _directory.Rename(_name, aside);
        _directory.Sync();
    }

    private void TryPutAside()
    {
        try
        {
            PutAside(DamagedName(_name));
        }
        catch (StorageException)
        {
            // The next save replaces it.
        }
    }

    private void Move(long through, byte[] annotation)
    {
        try
        {
            _cursor ??= _log.OpenCursor("_" + _name);
            _cursor.Save(through, annotation);
        }
        catch
        {
            _cursor?.Dispose();
            _cursor = null;
            throw;
        }
        _annotation = annotation;
        Volatile.Write(ref _through, through);
    }
}
