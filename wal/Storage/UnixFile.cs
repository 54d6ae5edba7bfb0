using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Ingest.Wal.Storage;

/// <summary>A file of a log on the real file system.</summary>
internal sealed class UnixFile : IWalFile
{
    private readonly SafeFileHandle _handle;
    private readonly string _path;

    private UnixFile(SafeFileHandle handle, string path, bool isDirectory)
    {
        _handle = handle;
        _path = path;
        IsDirectory = isDirectory;
    }

    internal static UnixFile Open(string path, int flags)
    {
        const int OwnerReadsAndWritesGroupReads = 0b110_100_000;
        while (true)
        {
            var descriptor = Libc.Open(path, flags | Libc.CloseOnExec, OwnerReadsAndWritesGroupReads);
            if (descriptor >= 0)
            {
                return new UnixFile(new SafeFileHandle(descriptor, ownsHandle: true), path, (flags & Libc.Directory) != 0);
            }
            if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
            {
                throw Errno.Failure("open", path, opening: true);
            }
        }
    }

    internal SafeFileHandle Handle => _handle;

    /// <summary>Opened as a directory.</summary>
    internal bool IsDirectory { get; }

    public long Length
    {
        get
        {
            try
            {
                return RandomAccess.GetLength(_handle);
            }
            catch (IOException e)
            {
                throw new StorageException(StorageFailure.Failed, $"stat {_path}: {e.Message}", e.HResult, e);
            }
        }
    }

    public unsafe FileState State
    {
        get
        {
            const uint Asked = StatX.AskNames | StatX.AskLength;
            StatX state;
            byte noPath = 0;
            // A sandbox may not know the call. Then there is no telling whether the file has a name.
            return Libc.StatX(_handle, &noPath, StatX.EmptyPath | StatX.NoSync, Asked, &state) == 0 && (state.Known & Asked) == Asked
                ? new FileState(state.Length, state.Names > 0)
                : new FileState(Length, HasName: true);
        }
    }

    public unsafe int Read(Span<byte> buffer, long offset)
    {
        var done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                var count = Libc.PRead(_handle, start + done, buffer.Length - done, offset + done);
                if (count > 0)
                {
                    done += (int)count;
                }
                else if (count == 0)
                {
                    break;
                }
                else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw Errno.Failure("read", _path, opening: false);
                }
            }
        }
        return done;
    }

    public unsafe void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        var done = 0;
        fixed (byte* start = bytes)
        {
            while (done < bytes.Length)
            {
                var count = Libc.PWrite(_handle, start + done, bytes.Length - done, offset + done);
                if (count > 0)
                {
                    done += (int)count;
                }
                else if (count == 0)
                {
                    throw new StorageException(StorageFailure.Failed, $"write {_path}: the system took no bytes and gave no reason");
                }
                else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw Errno.Failure("write", _path, opening: false);
                }
            }
        }
    }

    public void Flush() => Checked(Libc.FDataSync, "fdatasync");

    public bool Reserve(long length)
    {
        const int AndExtend = 0;
        while (Libc.FAllocate(_handle, AndExtend, 0, length) != 0)
        {
            if (Marshal.GetLastPInvokeError() == Errno.NotSupported)
            {
                return false;
            }
            ThrowUnlessInterrupted("fallocate");
        }
        return true;
    }

    /// <summary>Cuts the file to nothing.</summary>
    internal void Truncate()
    {
        while (Libc.FTruncate(_handle, 0) != 0)
        {
            ThrowUnlessInterrupted("truncate");
        }
    }

    /// <summary>Sets the permissions, whatever the mask of the process.</summary>
    [UnsupportedOSPlatform("windows")]
    internal void SetMode(UnixFileMode mode)
    {
        try
        {
            File.SetUnixFileMode(_handle, mode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(StorageFailure.Failed, $"chmod {_path}: {e.Message}", e.HResult, e);
        }
    }

    /// <summary>fsync, for directories: fdatasync of one is not promised to write its entries.</summary>
    internal void FlushWithMetadata() => Checked(Libc.FSync, "fsync");

    public void Dispose() => _handle.Dispose();

    // A flush that was interrupted has not failed: nothing was reported and nothing was given up, so it is asked for again.
    private void Checked(Func<SafeFileHandle, int> flush, string operation)
    {
        while (flush(_handle) != 0)
        {
            ThrowUnlessInterrupted(operation);
        }
    }

    private void ThrowUnlessInterrupted(string operation)
    {
        if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
        {
            throw Errno.Failure(operation, _path, opening: false);
        }
    }
}
