using Ingest.Wal.Reading;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Writing;

/// <summary>The way of a record costs no garbage: a regression shows here, not on a dashboard.</summary>
/// <remarks>Alone: what other tests allocate would end the time without collections that the counts need.</remarks>
[Collection(Alone.Name)]
public sealed class AllocationTests
{
    [Fact]
    public void Adding_and_committing_allocate_nothing()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(new WalOptions { SegmentBytes = 8 * 1024 * 1024 });
        using var batch = LogExtensions.Batch(new string('x', 600));
        var commit = () => Commit(log, batch);
        Repeat(20, commit);
        Assert.Equal(0, Allocated(() => Repeat(200, commit)));
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(new WalOptions { SegmentBytes = 8 * 1024 * 1024 });
        using var batch = LogExtensions.Batch(Enumerable.Repeat(new string('x', 600), 5000));
        Commit(log, batch);
        using var reader = log.OpenReader(1);
        Assert.Equal(WalReadStatus.Record, reader.Read());
        var bytes = 0;
        Assert.Equal(0, Allocated(() =>
        {
            while (reader.Read() == WalReadStatus.Record)
            {
                bytes += reader.Body.Length;
            }
        }));
        Assert.Equal(4999 * 600, bytes);
    }

    [Fact]
    public void Saving_a_cursor_with_an_unchanged_annotation_allocates_nothing()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open();
        log.Fill(40, 10);
        using var cursor = log.OpenCursor("lane");
        var position = 0;
        var save = () => cursor.Save(++position, "annotation"u8);
        Repeat(20, save);
        Assert.Equal(0, Allocated(() => Repeat(20, save)));
    }

    [Fact]
    public void One_large_group_does_not_stay_in_memory()
    {
        using var buffer = new GroupBuffer(keptBytesMax: 1024 * 1024);
        buffer.Append(40 * 1024 * 1024).Fill(1);
        Assert.True(buffer.CapacityBytes >= 40 * 1024 * 1024);
        buffer.Clear();
        Assert.Equal((0, 0), (buffer.Bytes, buffer.CapacityBytes));
        buffer.Append(1000).Fill(2);
        buffer.Append(1000).Fill(3);
        Assert.Equal(2000, buffer.Written.Length);
        Assert.Equal([2, 3], [buffer.Written[999], buffer.Written[1000]]);
        var small = buffer.CapacityBytes;
        buffer.Clear();
        Assert.Equal((0, small), (buffer.Bytes, buffer.CapacityBytes));
    }

    private static void Repeat(int times, Action work)
    {
        for (var i = 0; i < times; i++)
        {
            work();
        }
    }

    /// <summary>Bytes this thread allocates meanwhile.</summary>
    private static long Allocated(Action work)
    {
        // A collection, on any request, counts what was left of this thread's allocation context as allocated: there is none.
        Assert.True(GC.TryStartNoGCRegion(8 * 1024 * 1024));
        try
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        finally
        {
            GC.EndNoGCRegion();
        }
    }

    private static void Commit(WriteAheadLog log, RecordBatch batch)
    {
        if (!log.TryAdd(batch, out _) || log.Commit(0) != CommitOutcome.Committed)
        {
            Assert.Fail("The commit failed.");
        }
    }
}
