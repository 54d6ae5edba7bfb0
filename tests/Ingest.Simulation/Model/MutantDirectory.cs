using Ingest.Wal.Storage;

namespace Ingest.Simulation.Model;

/// <summary>A directory that does not do everything it is asked to.</summary>
public sealed class MutantDirectory(IWalDirectory inner, Mutation mutation) : IWalDirectory
{
    /// <inheritdoc/>
    public string Path => inner.Path;

    /// <inheritdoc/>
    public long FreeBytes => inner.FreeBytes;

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder = "") => inner.List(folder);

    /// <inheritdoc/>
    public void CreateFolder(string folder) => inner.CreateFolder(folder);

    /// <inheritdoc/>
    public IWalFile Create(string name) => new MutantFile(inner.Create(name), name, mutation);

    /// <inheritdoc/>
    public IWalFile Open(string name, bool writable) => new MutantFile(inner.Open(name, writable), name, mutation);

    /// <inheritdoc/>
    public void Rename(string from, string to) => inner.Rename(from, to);

    /// <inheritdoc/>
    public void Delete(string name) => inner.Delete(name);

    /// <inheritdoc/>
    public void Sync(string folder = "")
    {
        var skipped = folder.Length == 0 ? Mutation.SkipsDirectorySync : Mutation.SkipsCursorDirectorySync;
        if (mutation != skipped)
        {
            inner.Sync(folder);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();

    private sealed class MutantFile(IWalFile inner, string name, Mutation mutation) : IWalFile
    {
        private const int HeaderBlockBytes = 4096;

        private readonly bool _isCursor = name.Contains(".cursor", StringComparison.Ordinal);
        private bool _headerWritten;
        private bool _flushOwed;

        public long Length => inner.Length;

        public int Read(Span<byte> buffer, long offset) => inner.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            PayFlush();
            _headerWritten = !_isCursor && offset == 0 && bytes.Length == HeaderBlockBytes;
            inner.Write(bytes, offset);
        }

        public bool TryTurnDirect() => inner.TryTurnDirect();

        public bool TryWriteDirect(ReadOnlySpan<byte> pages, long offset)
        {
            PayFlush();
            _headerWritten = false;
            return inner.TryWriteDirect(pages, offset);
        }

        public void Flush()
        {
            switch (mutation)
            {
                case Mutation.SkipsDataFlush when !_isCursor && !_headerWritten:
                case Mutation.SkipsHeaderFlush when _headerWritten:
                case Mutation.SkipsCursorFlush when _isCursor:
                    break;
                case Mutation.AcknowledgesBeforeFlush when !_isCursor && !_headerWritten:
                    _flushOwed = true;
                    break;
                case Mutation.RetriesFailedFlush:
                    Retry();
                    break;
                default:
                    inner.Flush();
                    break;
            }
        }

        public bool Reserve(long length) => inner.Reserve(length);

        public void Dispose() => inner.Dispose();

        private void PayFlush()
        {
            if (_flushOwed)
            {
                _flushOwed = false;
                inner.Flush();
            }
        }

        private void Retry()
        {
            try
            {
                inner.Flush();
            }
            catch (StorageException)
            {
                inner.Flush();
            }
        }
    }
}
