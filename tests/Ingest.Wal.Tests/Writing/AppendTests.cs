using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Writing;

public sealed class AppendTests
{
    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Fact]
    public void What_is_behind_a_record_is_measured_by_its_frames_and_not_by_whole_segments()
    {
        const int groupBytes = 24 + 1000 + 64;
        using var disk = TestDisk.Create(DiskKind.Simulated);
        using var log = disk.Open();
        Assert.Equal(0, log.BytesBehind(0));
        log.Fill(5);
        Assert.Equal(5 * groupBytes, log.BytesBehind(0));
        Assert.Equal(2 * groupBytes, log.BytesBehind(3));
        Assert.Equal(0, log.BytesBehind(5));
        log.Fill(35);
        Assert.InRange(log.BytesBehind(0), 40 * groupBytes, 41 * groupBytes * disk.Segments.Count());
        Assert.Equal(groupBytes, log.BytesBehind(39));
    }

    [Theory, MemberData(nameof(Disks))]
    public void Records_come_back_in_order_with_gapless_numbers_also_after_reopening(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(60);
            Assert.Equal((1, 60), (log.FirstSequence, log.DurableSequence));
            log.ReadAll().AssertFilled(1, 60);
            log.MarkClean();
        }
        using var again = disk.Open();
        again.ReadAll().AssertFilled(1, 60);
        again.Fill(20);
        again.ReadAll().AssertFilled(1, 80);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_group_of_several_batches_is_one_commit_and_each_batch_has_its_numbers(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        using var first = LogExtensions.Batch("a", "b");
        using var second = LogExtensions.Batch("c");
        Assert.True(log.TryAdd(first, out var firstNumber));
        Assert.True(log.TryAdd(second, out var secondNumber));
        Assert.Equal((1, 3), (firstNumber, secondNumber));
        Assert.Equal(first.Bytes + second.Bytes, log.GroupBytes);
        Assert.Equal(0, log.DurableSequence);
        Assert.Equal(CommitOutcome.Committed, log.Commit(0));
        Assert.Equal(["a", "b", "c"], log.ReadAll().Records.Values);
        Assert.Equal(0, log.GroupBytes);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Empty_bodies_are_records_like_others(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Append("", "x", "");
        }
        using var again = disk.Open();
        Assert.Equal(["", "x", ""], again.ReadAll().Records.Values);
    }

    [Theory, MemberData(nameof(Disks))]
    public void The_largest_batch_fits_a_segment_exactly_and_one_byte_more_is_refused(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        log.Append("before");
        var largest = new string('x', log.BatchBytesMax - FrameHeader.Bytes);
        using (var tooLarge = LogExtensions.Batch(largest + "y"))
        {
            Assert.Throws<ArgumentException>(() => log.TryAdd(tooLarge, out _));
        }
        log.Append(largest);
        log.Append("after");
        Assert.Equal(["before", largest, "after"], log.ReadAll().Records.Values);
        Assert.Equal(3, disk.Segments.Count());
        log.Dispose();
        using var again = disk.Open();
        Assert.Equal(["before", largest, "after"], again.ReadAll().Records.Values);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_full_group_says_so_and_takes_the_batch_after_its_commit(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(TestDisk.Small with { GroupBytesMax = 1024 });
        Assert.True(log.Add(new string('a', 900)));
        Assert.False(log.Add(new string('b', 900)));
        Assert.Equal(CommitOutcome.Committed, log.Commit(0));
        Assert.True(log.Add(new string('b', 900)));
        Assert.Equal(CommitOutcome.Committed, log.Commit(0));
        Assert.Equal(2, log.DurableSequence);
    }

    [Theory, MemberData(nameof(Disks))]
    public void One_batch_may_be_larger_than_the_group_limit(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(TestDisk.Small with { GroupBytesMax = 100 });
        log.Append(new string('a', 5000));
        Assert.Equal(1, log.DurableSequence);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_commit_without_a_group_does_nothing(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        Assert.Equal(CommitOutcome.Committed, log.Commit(0));
        Assert.Equal(0, log.DurableSequence);
        using var empty = LogExtensions.Batch();
        Assert.True(log.TryAdd(empty, out var next));
        Assert.Equal(1, next);
        Assert.Equal(CommitOutcome.Committed, log.Commit(0));
        Assert.Equal(0, log.DurableSequence);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_group_that_was_never_committed_is_not_there_after_a_restart(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Append("kept");
            Assert.True(log.Add("never committed"));
        }
        using var again = disk.Open();
        Assert.Equal(["kept"], again.ReadAll().Records.Values);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Segments_of_other_sizes_stay_readable(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        foreach (var segmentBytes in (int[])[16 * 1024, 64 * 1024, 20 * 1024, 16 * 1024])
        {
            using var log = disk.Open(TestDisk.Small with { SegmentBytes = segmentBytes });
            log.Fill(30);
            log.MarkClean();
        }
        using var again = disk.Open();
        again.ReadAll().AssertFilled(1, 120);
    }

    [Theory, MemberData(nameof(Disks))]
    public void An_empty_segment_too_small_for_the_next_batch_makes_way(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var empty = disk.Open())
        {
            empty.MarkClean();
        }
        using var log = disk.Open(TestDisk.Small with { SegmentBytes = 64 * 1024 });
        var large = new string('x', 40 * 1024);
        using var reader = log.OpenReader(1);
        Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
        log.Append(large);
        Assert.Equal([large], log.ReadAll().Records.Values);
        Assert.Equal([large], reader.ReadAll().Records.Values);
        Assert.Single(disk.Segments);
    }

    [Theory, MemberData(nameof(Disks))]
    public void The_log_keeps_its_identity(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        Guid id;
        using (var log = disk.Open())
        {
            id = log.Id;
            log.Fill(40);
        }
        using var again = disk.Open();
        Assert.NotEqual(Guid.Empty, id);
        Assert.Equal(id, again.Id);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16 * 1024 - 4096)]
    [InlineData(16 * 1024 + 1)]
    [InlineData(int.MaxValue)]
    public void A_segment_size_out_of_bounds_is_refused_and_the_directory_let_go(int segmentBytes)
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        Assert.Throws<ArgumentOutOfRangeException>(() => disk.Open(TestDisk.Small with { SegmentBytes = segmentBytes }));
        disk.Open().Dispose();
    }
}
