using Ingest.Wal.Storage;

namespace Ingest.Simulation.Disk;

/// <summary>
/// A disk with one directory on it that outlives processes. It keeps written and flushed bytes apart in sectors of 512 bytes, and
/// directory entries before and after their sync; a <see cref="Crash"/> loses what the style says, decided by the seed it is given.
/// Assumed, as the log's README does: a flush that succeeds is honest, and writing a sector leaves its unwritten bytes as they are.
/// </summary>
/// <param name="seed">Of what a failure leaves behind.</param>
/// <param name="faults">Failures to come; disks of one machine share them, and its power. Null: its own.</param>
public sealed class SimulatedDisk(int seed = 0, DiskFaults? faults = null)
{
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, SimulatedFolder> _folders = new(StringComparer.Ordinal) { [""] = new SimulatedFolder() };
    private readonly HashSet<string> _unsyncedFolders = [];

    internal Lock Lock { get; } = new();

    internal int Epoch { get; private set; }

    internal SimulatedDirectory? Mounted { get; set; }

    /// <summary>Failures to come.</summary>
    public DiskFaults Faults { get; } = faults ?? new DiskFaults();

    /// <summary>Most bytes the files may have together; <see cref="long.MaxValue"/> at first.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>How many more direct writes files take before they refuse; <see cref="int.MaxValue"/>: any number.</summary>
    public int DirectWritesLeft { get; set; } = int.MaxValue;

    /// <summary>Direct writes that were done.</summary>
    public int DirectWrites { get; internal set; }

    /// <summary>What the code under test did that no code may do: flushing a file again whose flush has failed.</summary>
    public System.Collections.ObjectModel.Collection<string> Violations { get; } = [];

    /// <summary>Bytes all files have together.</summary>
    public long UsedBytes => Inodes.Sum(inode => inode.Length);

    /// <summary>Whether the files may have so many bytes more.</summary>
    internal bool Takes(long more) => Capacity == long.MaxValue || UsedBytes + more <= Capacity;

    /// <summary>Names of all files, with their folder.</summary>
    public IReadOnlyList<string> Files =>
    [
        .. _folders
            .SelectMany(folder => folder.Value.Entries.Select(entry => folder.Key.Length == 0 ? entry.Key : $"{folder.Key}/{entry.Key}"))
            .Order(StringComparer.Ordinal),
    ];

    private IEnumerable<SimulatedInode> Inodes =>
        _folders.Values.SelectMany(folder => folder.Entries.Select(entry => entry.Value)).Distinct();

    /// <summary>The directory, locked until it is disposed or the disk crashes.</summary>
    public IWalDirectory Mount()
    {
        if (Mounted is not null)
        {
            throw new StorageException(StorageFailure.InUse, "The simulated directory is in use.", 11);
        }
        return Mounted = new SimulatedDirectory(this, writable: true);
    }

    /// <summary>The directory for reading only, without the lock.</summary>
    public IWalDirectory MountReadOnly() => new SimulatedDirectory(this, writable: false);

    /// <summary>Stops the machine: open files and the lock are gone, and of the unflushed stays what <paramref name="style"/>
    /// says.</summary>
    public void Crash(CrashStyle style, int crashSeed)
    {
        lock (Lock)
        {
            var random = new Random(crashSeed);
            Epoch++;
            Mounted = null;
            Faults.Clear();
            foreach (var inode in Inodes.ToList())
            {
                inode.Crash(style, random);
            }
            if (style != CrashStyle.ProcessKilled)
            {
                foreach (var folder in _unsyncedFolders.Where(_ => style == CrashStyle.AllLost || random.Next(2) == 0))
                {
                    _folders.Remove(folder);
                }
                _unsyncedFolders.Clear();
            }
            foreach (var folder in _folders.Values)
            {
                folder.Crash(style, random);
            }
        }
    }

    /// <summary>A file's bytes.</summary>
    public byte[] ReadAll(string name) => Find(name).ToArray();

    /// <summary>Changes a file's bytes behind everybody's back.</summary>
    public void Corrupt(string name, long offset, params ReadOnlySpan<byte> bytes) => Find(name).Corrupt(offset, bytes);

    internal SimulatedFolder Folder(string name) =>
        _folders.GetValueOrDefault(name) ?? throw Failure(StorageFailure.NotFound, "open folder", name);

    internal void AddFolder(string name)
    {
        if (_folders.TryAdd(name, new SimulatedFolder()))
        {
            _unsyncedFolders.Add(name);
        }
    }

    internal void SyncFolder(string name)
    {
        Folder(name).Sync();
        if (name.Length == 0)
        {
            _unsyncedFolders.Clear();
        }
    }

    internal SimulatedInode Find(string path)
    {
        var (folder, name) = Split(path);
        return Folder(folder).Find(name) ?? throw Failure(StorageFailure.NotFound, "open", path);
    }

    internal static (string Folder, string Name) Split(string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
    }

    internal Random Random => _random;

    internal static StorageException Failure(StorageFailure failure, string operation, string name)
    {
        var number = failure switch
        {
            StorageFailure.Full => 28,
            StorageFailure.NotFound => 2,
            StorageFailure.Denied => 13,
            StorageFailure.InUse => 11,
            _ => 5,
        };
        return new StorageException(failure, $"simulated: {operation} {name}: {failure}", number);
    }
}
