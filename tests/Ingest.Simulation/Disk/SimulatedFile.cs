using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ingest.Wal.Format;
using Ingest.Wal.Storage;

namespace Ingest.Simulation.Disk;

/// <summary>One open file of a simulated disk.</summary>
internal sealed class SimulatedFile : IWalFile
{
    private readonly SimulatedDirectory _directory;
    private readonly SimulatedInode _inode;
    private readonly string _name;
    private readonly bool _writable;
    private bool _disposed;

    internal SimulatedFile(SimulatedDirectory directory, SimulatedInode inode, string name, bool writable)
    {
        _directory = directory;
        _inode = inode;
        _name = name;
        _writable = writable;
    }

    private SimulatedDisk Disk => _directory.Disk;

    public long Length
    {
        get
        {
            lock (Disk.Lock)
            {
                _directory.ThrowIfGone();
                return _inode.Length;
            }
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        lock (Disk.Lock)
        {
            ThrowIfClosed();
            _directory.Check(DiskOperation.Read, _name);
            return _inode.Read(buffer, offset);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        lock (Disk.Lock)
        {
            ThrowIfClosed();
            ThrowUnlessWritable();
            Disk.Faults.Trace?.Invoke(Describe(bytes, offset));
            var growth = Math.Max(0, offset + bytes.Length - _inode.Length);
            if (growth > 0 && !Disk.Takes(growth))
            {
                // As the kernel does: what fits is written, then the rest fails.
                var fits = (int)Math.Clamp(Disk.Capacity - Disk.UsedBytes + bytes.Length - growth, 0, bytes.Length);
                _inode.Write(bytes[..fits], offset);
                throw SimulatedDisk.Failure(StorageFailure.Full, "write", _name);
            }
            StorageFailure? failure;
            try
            {
                failure = Disk.Faults.Check(DiskOperation.Write, _name);
            }
            catch (PowerCutException)
            {
                WriteSome(bytes, offset);
                throw;
            }
            if (failure is { } kind)
            {
                WriteSome(bytes, offset);
                throw SimulatedDisk.Failure(kind, "write", _name);
            }
            _inode.Write(bytes, offset);
        }
    }

    public bool TryTurnDirect()
    {
        lock (Disk.Lock)
        {
            ThrowIfClosed();
            ThrowUnlessWritable();
            return Disk.DirectWritesLeft > 0;
        }
    }

    public bool TryWriteDirect(ReadOnlySpan<byte> pages, long offset)
    {
        lock (Disk.Lock)
        {
            if (!IsWholePages(pages, offset) || offset + pages.Length > _inode.Length)
            {
                Disk.Violations.Add($"{pages.Length} bytes at {offset} of {_name} were to be written past the page cache.");
            }
            if (Disk.DirectWritesLeft <= 0)
            {
                // Nothing is promised of what was refused.
                ThrowIfClosed();
                WriteSome(pages, offset);
                return false;
            }
            Write(pages, offset);
            Disk.DirectWrites++;
            Disk.DirectWritesLeft -= Disk.DirectWritesLeft == int.MaxValue ? 0 : 1;
            return true;
        }
    }

    public void Flush()
    {
        lock (Disk.Lock)
        {
            ThrowIfClosed();
            ThrowUnlessWritable();
            if (_inode.FlushFailedFor == _directory)
            {
                Disk.Violations.Add($"{_name} was flushed again after a flush of it had failed.");
            }
            if (Disk.Faults.Check(DiskOperation.Flush, _name) is { } failure)
            {
                _inode.FailFlush(_directory, Disk.Random);
                throw SimulatedDisk.Failure(failure, "flush", _name);
            }
            _inode.Flush();
        }
    }

    public bool Reserve(long length)
    {
        lock (Disk.Lock)
        {
            ThrowIfClosed();
            ThrowUnlessWritable();
            _directory.Check(DiskOperation.Write, _name);
            if (!Disk.Takes(length - _inode.Length))
            {
                throw SimulatedDisk.Failure(StorageFailure.Full, "reserve", _name);
            }
            _inode.SetLength(length);
            return true;
        }
    }

    public void Dispose() => _disposed = true;

    private static bool IsWholePages(ReadOnlySpan<byte> bytes, long offset)
    {
        var address = Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(bytes));
        return address % IWalFile.PageBytes == 0 && offset % IWalFile.PageBytes == 0 && bytes.Length % IWalFile.PageBytes == 0;
    }

    private static string Describe(ReadOnlySpan<byte> bytes, long offset) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes.Length} bytes at {offset}, sum {Crc32C.Compute(bytes):x8}");

    /// <summary>A write that fails may have been done in part.</summary>
    private void WriteSome(ReadOnlySpan<byte> bytes, long offset)
    {
        var growth = Math.Max(0, offset + bytes.Length - _inode.Length);
        if (Disk.Takes(growth))
        {
            _inode.Write(bytes[..Disk.Random.Next(bytes.Length + 1)], offset);
        }
    }

    private void ThrowIfClosed()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _directory.ThrowIfGone();
    }

    private void ThrowUnlessWritable()
    {
        if (!_writable)
        {
            throw new InvalidOperationException($"{_name} was opened for reading only.");
        }
    }
}
