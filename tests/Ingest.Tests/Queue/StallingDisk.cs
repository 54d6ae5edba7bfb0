using Ingest.Wal.Storage;

namespace Ingest.Tests.Queue;

/// <summary>A real directory whose segment flushes can be held back or made to fail, or that has no room for more files.</summary>
internal sealed class StallingDisk : IDisposable
{
    private readonly ManualResetEventSlim _go = new(initialState: true);
    private volatile bool _failing;
    private volatile bool _full;
    private int _flushesAfterFailure;

    public int FlushesAfterFailure => Volatile.Read(ref _flushesAfterFailure);

    public IWalDirectory Around(IWalDirectory inner) => new StallingDirectory(inner, this);

    public void Stall() => _go.Reset();

    public void Resume() => _go.Set();

    public void FailFlushes() => _failing = true;

    public void SetFull(bool full) => _full = full;

    public void Dispose() => _go.Dispose();

    private void BeforeCreate(string name)
    {
        if (_full)
        {
            throw new StorageException(StorageFailure.Full, $"create {name}: no space left on device.", 28);
        }
    }

    private void BeforeFlush()
    {
        _go.Wait(TimeSpan.FromMinutes(2));
        if (_failing)
        {
            Interlocked.Increment(ref _flushesAfterFailure);
            throw new StorageException(StorageFailure.Failed, "The flush failed: input/output error.", 5);
        }
    }

    private sealed class StallingDirectory(IWalDirectory inner, StallingDisk disk) : IWalDirectory
    {
        public string Path => inner.Path;

        public long FreeBytes => inner.FreeBytes;

        public IReadOnlyList<string> List(string folder = "") => inner.List(folder);

        public void CreateFolder(string folder) => inner.CreateFolder(folder);

        public IWalFile Create(string name)
        {
            disk.BeforeCreate(name);
            return new StallingFile(inner.Create(name), disk);
        }

        public IWalFile Open(string name, bool writable) => new StallingFile(inner.Open(name, writable), disk);

        public void Rename(string from, string to) => inner.Rename(from, to);

        public void Delete(string name) => inner.Delete(name);

        public void Sync(string folder = "") => inner.Sync(folder);

        public void Dispose() => inner.Dispose();
    }

    private sealed class StallingFile(IWalFile inner, StallingDisk disk) : IWalFile
    {
        public long Length => inner.Length;

        public int Read(Span<byte> buffer, long offset) => inner.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => inner.Write(bytes, offset);

        public void Flush()
        {
            disk.BeforeFlush();
            inner.Flush();
        }

        public void Dispose() => inner.Dispose();
    }
}
