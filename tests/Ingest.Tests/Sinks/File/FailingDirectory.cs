using Ingest.Wal.Storage;

namespace Ingest.Tests.Sinks.File;

/// <summary>A real directory whose operations fail when a test says so.</summary>
internal sealed class FailingDirectory(IWalDirectory real) : IWalDirectory
{
    /// <summary>Asked before every operation, with its name and the file: what it returns is thrown.</summary>
    internal Func<string, string, Exception?>? Fail { get; set; }

    public string Path => real.Path;

    public bool IsInPlace => real.IsInPlace;

    public long FreeBytes => real.FreeBytes;

    public IReadOnlyList<string> List(string folder = "") => real.List(folder);

    public void CreateFolder(string folder)
    {
        Ask("folder", folder);
        real.CreateFolder(folder);
    }

    public IWalFile Create(string name)
    {
        Ask("create", name);
        return new FailingFile(this, name, real.Create(name));
    }

    public IWalFile Open(string name, bool writable)
    {
        Ask("open", name);
        return new FailingFile(this, name, real.Open(name, writable));
    }

    public void Rename(string from, string to)
    {
        Ask("rename", to);
        real.Rename(from, to);
    }

    public void Delete(string name) => real.Delete(name);

    public void Sync(string folder = "")
    {
        Ask("sync", folder);
        real.Sync(folder);
    }

    public void Dispose() => real.Dispose();

    private void Ask(string operation, string name)
    {
        if (Fail?.Invoke(operation, name) is { } failure)
        {
            throw failure;
        }
    }

    private sealed class FailingFile(FailingDirectory directory, string name, IWalFile real) : IWalFile
    {
        public long Length => real.Length;

        public int Read(Span<byte> buffer, long offset)
        {
            directory.Ask("read", name);
            return real.Read(buffer, offset);
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            try
            {
                directory.Ask("write", name);
            }
            catch (StorageException)
            {
                // As a full disk does: half of it arrives.
                real.Write(bytes[..(bytes.Length / 2)], offset);
                throw;
            }
            real.Write(bytes, offset);
        }

        public void Flush()
        {
            directory.Ask("flush", name);
            real.Flush();
        }

        public void Dispose() => real.Dispose();
    }
}
