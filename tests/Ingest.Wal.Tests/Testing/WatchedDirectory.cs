using Ingest.Wal.Storage;

namespace Ingest.Wal.Tests.Testing;

/// <summary>Tells of every operation before it is done; what the watcher throws is how the operation fails.</summary>
internal sealed class WatchedDirectory(IWalDirectory inner) : IWalDirectory
{
    private readonly List<WatchedFile> _files = [];

    /// <summary>Called with the operation (write, flush, sync, create, open, read, reserve, rename, delete, list) and the file.</summary>
    internal Action<string, string>? Watch { get; set; }

    public string Path => inner.Path;

    public long FreeBytes => inner.FreeBytes;

    public IReadOnlyList<string> List(string folder = "")
    {
        Watch?.Invoke("list", folder);
        return inner.List(folder);
    }

    public void CreateFolder(string folder)
    {
        Watch?.Invoke("create", folder);
        inner.CreateFolder(folder);
    }

    public IWalFile Create(string name)
    {
        Watch?.Invoke("create", name);
        return Opened(inner.Create(name), name);
    }

    public IWalFile Open(string name, bool writable)
    {
        Watch?.Invoke("open", name);
        return Opened(inner.Open(name, writable), name);
    }

    public void Rename(string from, string to)
    {
        Watch?.Invoke("rename", from);
        inner.Rename(from, to);
        foreach (var file in _files.Where(file => file.Name == from))
        {
            file.Name = to;
        }
    }

    public void Delete(string name)
    {
        Watch?.Invoke("delete", name);
        inner.Delete(name);
    }

    public void Sync(string folder = "")
    {
        Watch?.Invoke("sync", folder);
        inner.Sync(folder);
    }

    public void Dispose() => inner.Dispose();

    private WatchedFile Opened(IWalFile file, string name)
    {
        var opened = new WatchedFile(this, file, name);
        _files.Add(opened);
        return opened;
    }

    private sealed class WatchedFile(WatchedDirectory directory, IWalFile inner, string name) : IWalFile
    {
        /// <summary>The present name, also after a rename.</summary>
        internal string Name { get; set; } = name;

        public long Length => inner.Length;

        public FileState State => inner.State;

        public int Read(Span<byte> buffer, long offset)
        {
            directory.Watch?.Invoke("read", Name);
            return inner.Read(buffer, offset);
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            directory.Watch?.Invoke("write", Name);
            inner.Write(bytes, offset);
        }

        public bool TryTurnDirect() => inner.TryTurnDirect();

        public bool TryWriteDirect(ReadOnlySpan<byte> pages, long offset)
        {
            directory.Watch?.Invoke("write", Name);
            return inner.TryWriteDirect(pages, offset);
        }

        public void Flush()
        {
            directory.Watch?.Invoke("flush", Name);
            inner.Flush();
        }

        public bool Reserve(long length)
        {
            directory.Watch?.Invoke("reserve", Name);
            return inner.Reserve(length);
        }

        public void Dispose() => inner.Dispose();
    }
}
