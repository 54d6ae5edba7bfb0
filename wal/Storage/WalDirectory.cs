namespace Ingest.Wal.Storage;

/// <summary>A log directory on the real file system, locked against other processes while open.</summary>
public static class WalDirectory
{
    /// <summary>Opens or creates the directory and takes its lock.</summary>
    /// <exception cref="StorageException">In use, not permitted, read-only, full.</exception>
    public static IWalDirectory Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.GetFullPath(path);
        CreateDurably(full);
        return new UnixDirectory(full, DirectoryLock.Take(full));
    }

    /// <summary>Opens an existing directory for reading only, without the lock: for inspection beside a running process.</summary>
    /// <exception cref="StorageException">Not there.</exception>
    public static IWalDirectory OpenReadOnly(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.GetFullPath(path);
        return Directory.Exists(full)
            ? new UnixDirectory(full, held: null)
            : throw new StorageException(StorageFailure.NotFound, $"There is no directory {full}.", Errno.NoEntry);
    }

    /// <summary>A directory whose own entry a power cut takes away would take the log with it.</summary>
    private static void CreateDurably(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }
        var parent = Path.GetDirectoryName(path) ?? throw new StorageException(StorageFailure.NotFound, $"{path} has no parent directory.");
        CreateDurably(parent);
        if (UnixDirectory.MakeFolder(path))
        {
            UnixDirectory.SyncPath(parent);
        }
    }
}
