using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Reading;

public sealed class TimeSearchTests
{
    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Theory, MemberData(nameof(Disks))]
    public void A_time_is_found_in_every_segment_before_and_after_a_restart(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            for (var i = 1; i <= 40; i++)
            {
                log.AppendAt(i * 1000, LogExtensions.Text(i));
            }
            AssertFinds(log);
        }
        using var again = disk.Open();
        AssertFinds(again);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_clock_that_jumps_back_finds_the_first_commit_at_or_after_the_time(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        foreach (var time in (long[])[5, 9, 3, 7, 12, 1])
        {
            log.AppendAt(time, "x", "y");
        }
        Assert.Equal([1L, 1L, 3L, 9L, 9L, 13L], ((long[])[0, 5, 6, 10, 12, 13]).Select(log.FindSequence));
    }

    [Fact]
    public void An_empty_log_has_no_time()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        using var log = disk.Open();
        Assert.Equal(1, log.FindSequence(0));
        Assert.Equal(1, log.FindSequence(long.MaxValue));
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_damaged_commit_costs_its_own_time_only(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            for (var i = 1; i <= 20; i++)
            {
                log.AppendAt(i * 1000, LogExtensions.Text(i));
            }
        }
        // The commit frame of the third group.
        disk.Damage(disk.Segments.First(), 4096 + (3 * 1088) - 20, 1, 2, 3, 4);
        using var again = disk.Open();
        Assert.Equal([2L, 4L, 4L], ((long[])[2000, 3000, 4000]).Select(again.FindSequence));
    }

    private static void AssertFinds(WriteAheadLog log)
    {
        for (var i = 1; i <= 40; i++)
        {
            Assert.Equal(i, log.FindSequence(i * 1000));
            Assert.Equal(i, log.FindSequence((i * 1000) - 999));
        }
        Assert.Equal(1, log.FindSequence(long.MinValue));
        Assert.Equal(41, log.FindSequence(40_001));
    }
}
