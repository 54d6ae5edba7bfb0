using Ingest.Wal.Storage;

namespace Ingest.Tests.Publishing;

/// <summary>
/// A disk that cannot read a stretch of one file, as the kernel shows it: a read that reaches it fails as a whole, one in front of it or
/// behind it does not.
/// </summary>
internal sealed class BadSectors
{
    private volatile Stretch? _stretch;

    /// <summary>Reads of the file from the first byte to the last one fail from now on; null: all are readable again.</summary>
    internal Stretch? Bad
    {
        get => _stretch;
        set => _stretch = value;
    }

    internal IWalDirectory Around(IWalDirectory real) => new Folder(real, this);

    /// <summary>A stretch of a file.</summary>
    internal sealed record Stretch(string File, long First, long Last);

    private sealed class Folder(IWalDirectory real, BadSectors disk) : IWalDirectory
    {
        public string Path => real.Path;

        public long FreeBytes => real.FreeBytes;

        public IReadOnlyList<string> List(string folder = "") => real.List(folder);

        public void CreateFolder(string folder) => real.CreateFolder(folder);

        public IWalFile Create(string name) => new Sectors(real.Create(name), name, disk);

        public IWalFile Open(string name, bool writable) => new Sectors(real.Open(name, writable), name, disk);

        public void Rename(string from, string to) => real.Rename(from, to);

        public void Delete(string name) => real.Delete(name);

        public void Sync(string folder = "") => real.Sync(folder);

        public void Dispose() => real.Dispose();
    }

    private sealed class Sectors(IWalFile real, string name, BadSectors disk) : IWalFile
    {
        public long Length => real.Length;

        public FileState State => real.State;

        public int Read(Span<byte> buffer, long offset) =>
            disk.Bad is { } bad && bad.File == name && offset <= bad.Last && offset + buffer.Length > bad.First
                ? throw new StorageException(StorageFailure.Failed, $"read {name}: Input/output error", 5)
                : real.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => real.Write(bytes, offset);

        public void Flush() => real.Flush();

        public bool Reserve(long length) => real.Reserve(length);

        public void Dispose() => real.Dispose();
    }
}
