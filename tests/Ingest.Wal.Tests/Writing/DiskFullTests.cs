using Ingest.Simulation.Disk;
using Ingest.Wal.Retention;
using Ingest.Wal.Storage;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Writing;

/// <summary>A full disk shows between groups, refuses them cleanly, and is over when there is room again.</summary>
public sealed class DiskFullTests
{
    [Fact]
    public void A_group_that_finds_no_room_is_dropped_with_its_numbers_and_later_ones_go_on()
    {
        var disk = new SimulatedDisk();
        using var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        log.Fill(11);
        disk.Capacity = disk.UsedBytes;
        Assert.False(log.PrepareSegments());
        Assert.Equal(0, log.SegmentsReady);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(log.Add(LogExtensions.Text(12), "another"));
            Assert.Equal(CommitOutcome.DiskFull, log.Commit(0));
            Assert.Equal(11, log.DurableSequence);
        }
        Assert.Null(log.Poison);
        log.ReadAll().AssertFilled(1, 11);
        // What still fits the segment is taken: the refused group changed nothing.
        log.Append(LogExtensions.Text(12, 100));

        disk.Capacity = long.MaxValue;
        Assert.True(log.PrepareSegments());
        log.Fill(10);
        Assert.Equal(22, log.DurableSequence);
        disk.Crash(CrashStyle.AllLost, 1);
        using var again = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        Assert.Equal(22, again.DurableSequence);
        Assert.Equal(22, again.ReadAll().Records.Count);
    }

    [Fact]
    public void With_a_segment_ready_a_full_disk_is_not_noticed()
    {
        var disk = new SimulatedDisk();
        using var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        log.PrepareSegments();
        disk.Capacity = disk.UsedBytes;
        log.Fill(20);
        Assert.Equal(20, log.DurableSequence);
    }

    [Fact]
    public void On_a_full_disk_cursors_are_saved_and_reclaim_makes_room()
    {
        var disk = new SimulatedDisk();
        using var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        using var cursor = log.OpenCursor("lane");
        log.Fill(40);
        disk.Capacity = 0;
        Assert.True(log.Add(new string('x', 12_000)));
        Assert.Equal(CommitOutcome.DiskFull, log.Commit(0));
        cursor.Save(40, "all of it"u8);
        var result = log.Reclaim(new ReclaimLimits(40, long.MaxValue, 0));
        Assert.Equal((1, true), (result.SegmentsRecycled, result.SegmentsDeleted > 0));
        Assert.Equal(1, log.SegmentsReady);
        log.Append(new string('x', 12_000));
    }

    [Fact]
    public void A_directory_that_cannot_grow_for_a_name_refuses_the_group_and_keeps_the_spare()
    {
        var disk = new SimulatedDisk();
        using var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        log.PrepareSegments();
        log.Fill(11);
        disk.Faults.FailNext(DiskOperation.Rename, StorageFailure.Full);
        Assert.True(log.Add(LogExtensions.Text(12)));
        Assert.Equal(CommitOutcome.DiskFull, log.Commit(0));
        Assert.Null(log.Poison);
        Assert.Equal(1, log.SegmentsReady);
        log.Fill(11);
        log.ReadAll().AssertFilled(1, 22);
        disk.Crash(CrashStyle.AllLost, 1);
        using var again = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        again.ReadAll().AssertFilled(1, 22);
    }

    [Fact]
    public void A_log_whose_last_segment_was_sealed_opens_on_a_full_disk_and_waits_for_room()
    {
        var disk = new SimulatedDisk();
        using (var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small))
        {
            log.PrepareSegments();
            log.Fill(11);
            disk.Faults.FailNext(DiskOperation.Rename, StorageFailure.Failed);
            Assert.True(log.Add(LogExtensions.Text(12)));
            Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        }
        disk.Crash(CrashStyle.AllLost, 1);
        using (var directory = disk.Mount())
        {
            foreach (var spare in directory.List().Where(file => file.EndsWith(".tmp", StringComparison.Ordinal)))
            {
                directory.Delete(spare);
            }
            directory.Sync();
        }
        disk.Capacity = disk.UsedBytes;
        using var again = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        again.ReadAll().AssertFilled(1, 11);
        Assert.True(again.Add("x"));
        Assert.Equal(CommitOutcome.DiskFull, again.Commit(0));
        disk.Capacity = long.MaxValue;
        again.Fill(2);
        again.ReadAll().UpTo(11).AssertFilled(1, 11);
        Assert.Equal(13, again.ReadAll().Records.Count);
    }

    [Fact]
    public void A_new_log_without_room_for_a_segment_says_so()
    {
        var disk = new SimulatedDisk { Capacity = 10_000 };
        var full = Assert.Throws<StorageException>(() => WriteAheadLog.Open(disk.Mount(), TestDisk.Small));
        Assert.Equal(StorageFailure.Full, full.Kind);
        disk.Capacity = long.MaxValue;
        using var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        log.Fill(1);
    }
}
