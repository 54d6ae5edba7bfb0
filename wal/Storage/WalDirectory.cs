namespace Ingest.Wal.Storage;

/// <summary>A log directory on the real file system, locked against other processes while open.</summary>
public static class WalDirectory
{
    /// <summary>Opens or creates the directory and takes its lock.</summary>
    /// <exception cref="StorageException">In use, not permitted, read-only, full.</exception>
    public static IWalDirectory Open(string path) => Open(path, DirectoryLock.FileName, formerLockFile: null);

    /// <summary>Opens or creates the directory and takes its lock, with a lock file of another name than a log's.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="lockFile">Made in it; holds the process id.</param>
    /// <param name="formerLockFile">The name earlier builds used: removed, unless such a build runs and holds it. Null: there was
    /// none.</param>
    /// <exception cref="StorageException">In use, not permitted, read-only, full.</exception>
    public static IWalDirectory Open(string path, string lockFile, string? formerLockFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        // A file that passes the limit of file sizes (ulimit -f) is a failed write with a message, not the death of the process by SIGXFSZ.
        _ = Libc.Signal(Libc.FileSizeSignal, Libc.IgnoreSignal);
        CreateDurably(full);
        var held = DirectoryLock.Take(full, lockFile);
        try
        {
            if (formerLockFile is not null)
            {
                DirectoryLock.RemoveFormer(full, formerLockFile);
            }
            return new UnixDirectory(full, held, writable: true);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens an existing directory for reading only, without the lock: for inspection beside a running process.</summary>
    /// <exception cref="StorageException">Not there.</exception>
    public static IWalDirectory OpenReadOnly(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.GetFullPath(path);
        return Directory.Exists(full)
            ? new UnixDirectory(full, held: null, writable: false)
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
