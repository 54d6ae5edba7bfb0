using Ingest.Simulation.Disk;
using Ingest.Simulation.Model;
using Ingest.Testing;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Tests.Testing;

/// <summary>A disk a log can be opened on, stopped, looked at and damaged.</summary>
internal abstract class TestDisk : IDisposable
{
    /// <summary>The smallest segments, so that few records fill one.</summary>
    public static readonly WalOptions Small = new()
    {
        SegmentBytes = WalOptions.SegmentBytesMin,
        TailBytes = TailSizes.Tested,
        DirectWrites = DirectWriting.Tested,
    };

    /// <summary>Both kinds, for <c>[MemberData]</c>.</summary>
    public static TheoryData<DiskKind> Kinds => [DiskKind.Simulated, DiskKind.Real];

    public static TestDisk Create(DiskKind kind) => kind == DiskKind.Simulated ? new Simulated() : new Real();

    /// <summary>A disk with a closed log of so many records, as <see cref="LogExtensions.Fill"/> writes them.</summary>
    public static TestDisk CreateFilled(DiskKind kind, int records, int bytes = 1000)
    {
        var disk = Create(kind);
        using var log = disk.Open();
        log.Fill(records, bytes);
        return disk;
    }

    public abstract IWalDirectory Mount();

    public abstract IWalDirectory MountReadOnly();

    public abstract IReadOnlyList<string> Files { get; }

    public abstract byte[] Bytes(string file);

    /// <summary>Replaces a file's content, or makes it.</summary>
    public abstract void Put(string file, ReadOnlySpan<byte> content);

    public abstract void Remove(string file);

    public abstract void Dispose();

    public WriteAheadLog Open(WalOptions? options = null) => WriteAheadLog.Open(Mount(), options ?? Small);

    public IEnumerable<string> Segments => Files.Where(file => file.EndsWith(".wal", StringComparison.Ordinal));

    /// <summary>Overwrites some bytes of a file.</summary>
    public void Damage(string file, long offset, params ReadOnlySpan<byte> bytes)
    {
        var content = Bytes(file);
        bytes.CopyTo(content.AsSpan((int)offset));
        Put(file, content);
    }

    /// <summary>All files with their content, to begin from the same state again.</summary>
    public Dictionary<string, byte[]> Save() => Files.ToDictionary(file => file, Bytes);

    public void Restore(Dictionary<string, byte[]> saved)
    {
        foreach (var file in Files.Where(file => !saved.ContainsKey(file)))
        {
            Remove(file);
        }
        foreach (var (file, content) in saved)
        {
            Put(file, content);
        }
    }

    private sealed class Simulated : TestDisk
    {
        private readonly SimulatedDisk _disk = new();

        public override IReadOnlyList<string> Files => _disk.Files;

        public override IWalDirectory Mount() => _disk.Mount();

        public override IWalDirectory MountReadOnly() => _disk.MountReadOnly();

        public override byte[] Bytes(string file) => _disk.ReadAll(file);

        public override void Put(string file, ReadOnlySpan<byte> content)
        {
            using var directory = _disk.Mount();
            if (Files.Contains(file))
            {
                directory.Delete(file);
            }
            using var created = directory.Create(file);
            created.Write(content, 0);
            created.Flush();
            directory.Sync();
        }

        public override void Remove(string file)
        {
            using var directory = _disk.Mount();
            directory.Delete(file);
            directory.Sync();
        }

        public override void Dispose()
        {
        }
    }

    private sealed class Real : TestDisk
    {
        private readonly TemporaryDirectory _directory = new();

        public override IReadOnlyList<string> Files =>
        [
            .. Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(_directory.Path, file))
                .Where(file => file != "lock")
                .Order(StringComparer.Ordinal),
        ];

        public override IWalDirectory Mount() => WalDirectory.Open(_directory.Path);

        public override IWalDirectory MountReadOnly() => WalDirectory.OpenReadOnly(_directory.Path);

        public override byte[] Bytes(string file) => File.ReadAllBytes(Path.Combine(_directory.Path, file));

        public override void Put(string file, ReadOnlySpan<byte> content) =>
            File.WriteAllBytes(Path.Combine(_directory.Path, file), content);

        public override void Remove(string file) => File.Delete(Path.Combine(_directory.Path, file));

        public override void Dispose() => _directory.Dispose();
    }
}
