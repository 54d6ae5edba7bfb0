using Ingest.Wal.Storage;

namespace Ingest.Simulation.Disk;

/// <summary>The directory of a simulated disk as one process has it open.</summary>
internal sealed class SimulatedDirectory(SimulatedDisk disk, bool writable) : IWalDirectory
{
    private readonly int _epoch = disk.Epoch;
    private bool _disposed;

    internal SimulatedDisk Disk => disk;

    public string Path => "/simulated";

    public long FreeBytes => disk.Capacity == long.MaxValue ? long.MaxValue : Math.Max(0, disk.Capacity - disk.UsedBytes);

    public IReadOnlyList<string> List(string folder = "")
    {
        lock (disk.Lock)
        {
            Check(DiskOperation.Open, folder);
            return [.. disk.Folder(folder).Entries.Select(entry => entry.Key)];
        }
    }

    public void CreateFolder(string folder)
    {
        lock (disk.Lock)
        {
            Check(DiskOperation.Create, folder, changes: true);
            disk.AddFolder(folder);
        }
        Sync();
    }

    public IWalFile Create(string name)
    {
        lock (disk.Lock)
        {
            Check(DiskOperation.Create, name, changes: true);
            var (folder, file) = SimulatedDisk.Split(name);
            if (disk.Folder(folder).Find(file) is not null)
            {
                throw new StorageException(StorageFailure.Failed, $"simulated: create {name}: exists", 17);
            }
            var inode = new SimulatedInode();
            disk.Folder(folder).Add(file, inode);
            return new SimulatedFile(this, inode, name, writable: true);
        }
    }

    public IWalFile Open(string name, bool writable)
    {
        lock (disk.Lock)
        {
            Check(DiskOperation.Open, name, writable);
            return new SimulatedFile(this, disk.Find(name), name, writable);
        }
    }

    public void Rename(string from, string to)
    {
        lock (disk.Lock)
        {
            Check(DiskOperation.Rename, from, changes: true);
            var inode = disk.Find(from);
            var (source, sourceName) = SimulatedDisk.Split(from);
            var (target, targetName) = SimulatedDisk.Split(to);
            if (source == target)
            {
                disk.Folder(source).Rename(sourceName, targetName);
            }
            else
            {
                disk.Folder(target).Add(targetName, inode);
                disk.Folder(source).Remove(sourceName);
            }
        }
    }

    public void Delete(string name)
    {
        lock (disk.Lock)
        {
            Check(DiskOperation.Delete, name, changes: true);
            disk.Find(name);
            var (folder, file) = SimulatedDisk.Split(name);
            disk.Folder(folder).Remove(file);
        }
    }

    public void Sync(string folder = "")
    {
        lock (disk.Lock)
        {
            ThrowIfGone();
            if (disk.Faults.Check(DiskOperation.Sync, folder) is { } failure)
            {
                disk.Folder(folder).FailSync(disk.Random);
                throw SimulatedDisk.Failure(failure, "sync folder", folder);
            }
            disk.SyncFolder(folder);
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            if (disk.Mounted == this)
            {
                disk.Mounted = null;
            }
        }
    }

    internal void Check(DiskOperation operation, string name, bool changes = false)
    {
        ThrowIfGone();
        if (changes && !writable)
        {
            throw new InvalidOperationException("The simulated directory was opened for reading only.");
        }
        if (disk.Faults.Check(operation, name) is { } failure)
        {
            throw SimulatedDisk.Failure(failure, operation.ToString(), name);
        }
    }

    /// <summary>A process that was killed must not go on reading and writing after the restart.</summary>
    internal void ThrowIfGone()
    {
        if (_epoch != disk.Epoch)
        {
            throw new PowerCutException();
        }
    }
}
