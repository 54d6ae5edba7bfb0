using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ingest.Benchmarks;

/// <summary>Writes what has come in since the last flush, flushes once, and lets all who wait go on.</summary>
internal sealed partial class SharedFlush
{
    private const int FileBytes = 64 << 20;
    private const int GroupBytes = 16 << 20;

    // As ingest does: others may run and add to the group before it is taken, and few hand-overs carry its answers.
    private const int Yields = 2;
    private static readonly int HandOvers = 2 * Environment.ProcessorCount;

    private readonly Lock _gate = new();
    private readonly AutoResetEvent _came = new(false);
    private readonly SafeFileHandle _file;
    private Group _next = new();
    private bool _sleeps;

    /// <param name="path">Overwritten, filled with zeros, and written round and round.</param>
    internal SharedFlush(string path)
    {
        _file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite);
        var zeros = new byte[1 << 20];
        for (var offset = 0L; offset < FileBytes; offset += zeros.Length)
        {
            RandomAccess.Write(_file, zeros, offset);
        }
        RandomAccess.FlushToDisk(_file);
        new Thread(Run) { IsBackground = true }.Start();
    }

    /// <summary>Adds to the next group.</summary>
    internal Waiter Append(ReadOnlySequence<byte> bytes)
    {
        var waiter = Waiter.Rent();
        bool sleeps;
        lock (_gate)
        {
            bytes.CopyTo(_next.Bytes.AsSpan(_next.Used));
            _next.Used += (int)bytes.Length;
            _next.Waiters.Add(waiter);
            (sleeps, _sleeps) = (_sleeps, false);
        }
        if (sleeps)
        {
            _came.Set();
        }
        return waiter;
    }

    private void Run()
    {
        var (group, offset) = (new Group(), 0);
        while (true)
        {
            for (var i = 0; i < Yields; i++)
            {
                Thread.Yield();
            }
            lock (_gate)
            {
                (group, _next) = (_next, group);
                _sleeps = group.Used == 0;
            }
            if (group.Used == 0)
            {
                _came.WaitOne();
                continue;
            }
            offset = offset + group.Used > FileBytes ? 0 : offset;
            RandomAccess.Write(_file, group.Bytes.AsSpan(0, group.Used), offset);
            if (FlushData(_file) != 0)
            {
                Environment.FailFast("The flush failed.");
            }
            offset += group.Used;
            foreach (var some in group.Waiters.Chunk((group.Waiters.Count / HandOvers) + 1))
            {
                ThreadPool.UnsafeQueueUserWorkItem(CompleteAll, some, preferLocal: false);
            }
            group.Waiters.Clear();
            group.Used = 0;
        }
    }

    private static void CompleteAll(Waiter[] waiters) => Array.ForEach(waiters, waiter => waiter.Complete());

    [LibraryImport("libc", EntryPoint = "fdatasync")]
    private static partial int FlushData(SafeFileHandle file);

    private sealed class Group
    {
        internal byte[] Bytes { get; } = new byte[GroupBytes];

        internal int Used { get; set; }

        internal List<Waiter> Waiters { get; } = [];
    }
}
