using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Ingest.Wal.Storage;

/// <summary>
/// One process per directory: an flock on the directory itself, which cannot be deleted while its files are in use without the holder
/// noticing (<see cref="IsHeld"/>). The system lets go of it when the process ends, however it ends.
/// </summary>
/// <remarks>
/// A file in the directory is locked as well. It holds the process id for the message the next one shows, it is what earlier builds
/// look at,
/// and it is all there is on file systems that lock no directories (NFS): there its deletion counts as the loss of the lock.
/// </remarks>
internal sealed class DirectoryLock : IDisposable
{
    /// <summary>The file in a log's directory.</summary>
    internal const string FileName = "lock";

    private readonly UnixFile _directory;
    private readonly UnixFile _file;
    private readonly DirectoryIdentity _identity;
    private readonly bool _isOnDirectory;

    private DirectoryLock(UnixFile directory, UnixFile file, DirectoryIdentity identity, bool isOnDirectory) =>
        (_directory, _file, _identity, _isOnDirectory) = (directory, file, identity, isOnDirectory);

    /// <summary>
    /// Whether the lock still keeps others out: the path leads to the locked directory, and what is locked has a name. Any thread.
    /// </summary>
    internal bool IsHeld => _identity.IsInPlace && (_isOnDirectory || _file.State.HasName);

    /// <param name="directory">The directory, absolute.</param>
    /// <param name="fileName">The file in it that is locked as well; made when missing.</param>
    /// <exception cref="StorageException">Another process holds it, or it cannot be locked.</exception>
    internal static DirectoryLock Take(string directory, string fileName)
    {
        var itself = UnixFile.Open(directory, Libc.ReadOnly | Libc.Directory);
        UnixFile? file = null;
        try
        {
            var identity = new DirectoryIdentity(itself.Handle, directory);
            var isOnDirectory = TryLockDirectory(itself, directory, fileName);
            file = UnixFile.Open(Path.Combine(directory, fileName), Libc.ReadWrite | Libc.Create);
            if (!TryLock(file, directory, out _))
            {
                throw InUse(directory, file);
            }
            WriteHolder(file);
            return new DirectoryLock(itself, file, identity, isOnDirectory);
        }
        catch
        {
            LetGo(file);
            LetGo(itself);
            throw;
        }
    }

    /// <summary>
    /// Removes the lock file an earlier build made under another name. The caller holds the directory's lock. What does not look
    /// like one, or is
    /// no file, stays.
    /// </summary>
    /// <exception cref="StorageException">A process of an earlier build holds it.</exception>
    internal static void RemoveFormer(string directory, string fileName)
    {
        const int HolderBytesMax = 32;
        var path = Path.Combine(directory, fileName);
        if (!File.Exists(path))
        {
            return;
        }
        using var file = UnixFile.Open(path, Libc.ReadWrite);
        if (file.Length > HolderBytesMax || !int.TryParse("0" + HolderId(file), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            return;
        }
        if (!TryLock(file, directory, out _))
        {
            throw InUse(directory, file);
        }
        if (Libc.Unlink(path) != 0)
        {
            throw Errno.Failure("unlink", path, opening: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LetGo(_file);
        LetGo(_directory);
    }

    // Unlocks before it closes: a process that was forked and has not called exec yet holds copies of the descriptors, and with them the
    // lock, for some milliseconds longer.
    private static void LetGo(UnixFile? locked)
    {
        if (locked is { Handle.IsClosed: false })
        {
            _ = Libc.FLock(locked.Handle, Libc.Unlock);
            locked.Dispose();
        }
    }

    private static bool TryLockDirectory(UnixFile itself, string directory, string fileName)
    {
        if (TryLock(itself, directory, out var isSupported))
        {
            return isSupported;
        }
        if (!File.Exists(Path.Combine(directory, fileName)))
        {
            throw InUse(directory, holder: null);
        }
        using var holder = UnixFile.Open(Path.Combine(directory, fileName), Libc.ReadOnly);
        throw InUse(directory, holder);
    }

    /// <summary>False: another process holds it. <paramref name="isSupported"/> is false where such files cannot be locked: then nothing
    /// is, and the result is true.</summary>
    private static bool TryLock(UnixFile file, string directory, out bool isSupported)
    {
        isSupported = true;
        while (Libc.FLock(file.Handle, Libc.LockExclusive | Libc.LockNonBlocking) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.WouldBlock:
                    return false;
                case Errno.Interrupted:
                    continue;
                case Errno.BadDescriptor or Errno.InvalidArgument or Errno.NoLocks or Errno.NotSupported when file.IsDirectory:
                    isSupported = false;
                    return true;
                default:
                    throw Errno.Failure("flock", directory, opening: true);
            }
        }
        return true;
    }

    private static StorageException InUse(string directory, UnixFile? holder)
    {
        var id = holder is null ? "" : HolderId(holder);
        var who = id.Length > 0 ? $"process {id}" : "another process";
        return new StorageException(
            StorageFailure.InUse, $"{directory} is in use by {who}. Deleting its lock file does not change that.", Errno.WouldBlock);
    }

    private static string HolderId(UnixFile file)
    {
        Span<byte> text = stackalloc byte[32];
        return Encoding.ASCII.GetString(text[..file.Read(text, 0)]).Trim();
    }

    private static void WriteHolder(UnixFile file)
    {
        try
        {
            file.Truncate();
            file.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"), 0);
        }
        catch (StorageException e) when (e.Kind == StorageFailure.Full)
        {
            // The lock itself needs no room, and a full disk must not keep a log from being drained.
        }
    }
}
