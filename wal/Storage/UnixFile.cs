using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Ingest.Wal.Storage;

/// <summary>A file of a log on the real file system.</summary>
internal sealed class UnixFile : IWalFile
{
    private readonly SafeFileHandle _handle;
    private readonly string _path;

    /// <summary>The descriptor passes the page cache by. Touched where writes are, by one thread at a time.</summary>
    private bool _isDirect;

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

    public unsafe bool TryTurnDirect()
    {
        StatX state;
        byte noPath = 0;
        var told = Libc.StatX(_handle, &noPath, StatX.EmptyPath | StatX.NoSync, StatX.AskDirect, &state) == 0
            && (state.Known & StatX.AskDirect) != 0;
        // An older kernel, or a file system that does not tell: then the first write does.
        return (!told || (IsInPage(state.DirectMemory) && IsInPage(state.DirectOffset))) && TrySetDirect(true);
    }

    public unsafe int Read(Span<byte> buffer, long offset)
    {
        LeaveDirect();
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

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        LeaveDirect();
        if (!TryWrite(bytes, offset))
        {
            throw Errno.Failure("write", _path, opening: false);
        }
    }

    public bool TryWriteDirect(ReadOnlySpan<byte> pages, long offset) => TrySetDirect(true) && TryWrite(pages, offset);

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

    /// <summary>False: the system says that it does not take such a write, as the thread's error number tells.</summary>
    private unsafe bool TryWrite(ReadOnlySpan<byte> bytes, long offset)
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
                else if (Marshal.GetLastPInvokeError() is Errno.InvalidArgument or Errno.NotSupported)
                {
                    return false;
                }
                else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw Errno.Failure("write", _path, opening: false);
                }
            }
        }
        return true;
    }

    /// <summary>Whether pages are aligned so; 0 stands for a file that takes no direct writes.</summary>
    private static bool IsInPage(uint alignment) => alignment > 0 && IWalFile.PageBytes % alignment == 0;

    private void LeaveDirect()
    {
        if (_isDirect && !TrySetDirect(false))
        {
            throw Errno.Failure("fcntl", _path, opening: false);
        }
    }

    /// <summary>Has the descriptor pass the page cache by, or not. False: the file system does not.</summary>
    private bool TrySetDirect(bool direct)
    {
        if (_isDirect != direct && Libc.FControl(_handle, Libc.SetFlags, direct ? Libc.Direct : 0) != 0)
        {
            return false;
        }
        _isDirect = direct;
        return true;
    }

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
