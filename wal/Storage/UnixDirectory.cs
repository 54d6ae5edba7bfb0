using System.Runtime.InteropServices;

namespace Ingest.Wal.Storage;

/// <summary>A log's directory on the real file system. Any thread.</summary>
internal sealed class UnixDirectory : IWalDirectory
{
    private readonly DirectoryLock? _lock;
    private readonly bool _writable;

    internal UnixDirectory(string path, DirectoryLock? held, bool writable)
    {
        Path = path;
        _lock = held;
        _writable = writable;
    }

    public string Path { get; }

    public bool IsInPlace => _lock is null || _lock.IsHeld;

    public long FreeBytes
    {
        get
        {
            try
            {
                return new DriveInfo(Path).AvailableFreeSpace;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StorageException(StorageFailure.Failed, $"statfs {Path}: {e.Message}", e.HResult, e);
            }
        }
    }

    public IReadOnlyList<string> List(string folder = "")
    {
        try
        {
            return [.. Directory.EnumerateFiles(Full(folder)).Select(file => System.IO.Path.GetFileName(file))];
        }
        catch (DirectoryNotFoundException e)
        {
            throw new StorageException(StorageFailure.NotFound, $"list {Full(folder)}: {e.Message}", Errno.NoEntry, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageException(StorageFailure.Denied, $"list {Full(folder)}: {e.Message}", Errno.AccessDenied, e);
        }
        catch (IOException e)
        {
            throw new StorageException(StorageFailure.Failed, $"list {Full(folder)}: {e.Message}", e.HResult, e);
        }
    }

    public void CreateFolder(string folder)
    {
        ThrowUnlessMine();
        MakeFolder(Full(folder));
        // Also when it was there: its maker may not have lived to sync it.
        Sync();
    }

    public IWalFile Create(string name)
    {
        ThrowUnlessMine();
        return UnixFile.Open(Full(name), Libc.ReadWrite | Libc.CreateNew);
    }

    public IWalFile Open(string name, bool writable)
    {
        if (writable)
        {
            ThrowUnlessMine();
        }
        return UnixFile.Open(Full(name), writable ? Libc.ReadWrite : Libc.ReadOnly);
    }

    public void Rename(string from, string to)
    {
        ThrowUnlessMine();
        if (Libc.Rename(Full(from), Full(to)) != 0)
        {
            throw Errno.Failure($"rename {Full(from)} to", Full(to), opening: true);
        }
    }

    public void Delete(string name)
    {
        ThrowUnlessMine();
        if (Libc.Unlink(Full(name)) != 0)
        {
            throw Errno.Failure("unlink", Full(name), opening: true);
        }
    }

    public void Sync(string folder = "")
    {
        ThrowUnlessMine();
        SyncPath(Full(folder));
    }

    public void Dispose() => _lock?.Dispose();

    /// <summary>Makes a directory; false when there was one.</summary>
    internal static bool MakeFolder(string path)
    {
        const int OwnerAllGroupReads = 0b111_101_000;
        if (Libc.MkDir(path, OwnerAllGroupReads) == 0)
        {
            return true;
        }
        // Kept: looking at the path overwrites it.
        var error = Marshal.GetLastPInvokeError();
        if (error == Errno.Exists && Directory.Exists(path))
        {
            return false;
        }
        if (error == Errno.Exists)
        {
            throw new StorageException(StorageFailure.NoDirectory, $"{path} is no directory.", error);
        }
        Marshal.SetLastPInvokeError(error);
        throw Errno.Failure("mkdir", path, opening: true);
    }

    /// <summary>A directory that others may write in as well, and that no log is in.</summary>
    internal static UnixDirectory Unlocked(string path) => new(path, held: null, writable: true);

    internal static void SyncPath(string path)
    {
        using var directory = UnixFile.Open(path, Libc.ReadOnly | Libc.Directory);
        directory.FlushWithMetadata();
    }

    private string Full(string name) => name.Length == 0 ? Path : System.IO.Path.Combine(Path, name);

    private void ThrowUnlessMine()
    {
        if (!_writable)
        {
            throw new InvalidOperationException($"{Path} was opened for reading only.");
        }
        if (!IsInPlace)
        {
            throw new StorageException(
                StorageFailure.Failed, $"{Path} was moved or replaced, or its lock was deleted: another process may work there now.");
        }
    }
}
