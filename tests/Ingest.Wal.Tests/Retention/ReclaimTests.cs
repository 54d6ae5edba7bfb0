using Ingest.Wal.Reading;
using Ingest.Wal.Retention;
using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Retention;

public sealed class ReclaimTests
{
    private const long NoTimeRule = long.MaxValue;

    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Theory, MemberData(nameof(Disks))]
    public void No_record_above_the_settled_one_is_ever_removed(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(TestDisk.Small with { SegmentsAhead = 0 });
        log.Fill(60);
        for (var settled = 0; settled <= 60; settled += 7)
        {
            log.Reclaim(new ReclaimLimits(settled, NoTimeRule, 0));
            Assert.InRange(log.FirstSequence, 1, settled + 1);
            log.ReadAll().AssertFilled(log.FirstSequence, 60);
        }
        log.Dispose();
        using var again = disk.Open();
        again.ReadAll().AssertFilled(again.FirstSequence, 60);
    }

    [Theory, InlineData(NoTimeRule), InlineData(33_001)]
    public void A_settled_segment_that_somebody_deleted_does_not_hold_up_those_behind_it(long keepSinceUnixMs)
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using (var log = disk.Open())
        {
            for (var i = 1; i <= 44; i++)
            {
                log.AppendAt(i * 1000, LogExtensions.Text(i));
            }
        }
        // Opened anew no seal has been read yet: a rule of time has to ask the files.
        using var again = disk.Open(TestDisk.Small with { SegmentsAhead = 0 });
        foreach (var deleted in disk.Segments.Take(2).ToList())
        {
            disk.Remove(deleted);
        }
        Assert.Equal(new ReclaimResult(3, 0), again.Reclaim(new ReclaimLimits(33, keepSinceUnixMs, 0)));
        Assert.Equal(34, again.FirstSequence);
        again.ReadAll(34).AssertFilled(34, 44);
    }

    [Theory, MemberData(nameof(Disks))]
    public void The_segment_that_is_appended_to_always_stays(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        log.Fill(60);
        log.Reclaim(new ReclaimLimits(long.MaxValue, NoTimeRule, 0));
        Assert.Single(disk.Segments);
        log.ReadAll().AssertFilled(log.FirstSequence, 60);
        log.Fill(1);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Removed_segments_become_spares_up_to_the_number_kept_ahead(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(TestDisk.Small with { SegmentsAhead = 2 });
        log.Fill(60);
        var sealedSegments = disk.Segments.Count() - 1;
        var result = log.Reclaim(new ReclaimLimits(60, NoTimeRule, 0));
        Assert.Equal(new ReclaimResult(sealedSegments - 2, 2), result);
        Assert.Equal(3L * TestDisk.Small.SegmentBytes, log.Bytes);
        Assert.Equal(log.Bytes, disk.Files.Where(file => file != "epochs").Sum(file => disk.Bytes(file).LongLength));
        log.Fill(60);
        log.ReadAll().AssertFilled(log.FirstSequence, 120);
        log.Dispose();
        using var again = disk.Open(TestDisk.Small with { SegmentsAhead = 2 });
        again.ReadAll().AssertFilled(again.FirstSequence, 120);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Old_frames_of_a_recycled_segment_never_show(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        for (var lap = 0; lap < 8; lap++)
        {
            // Stop in the middle of a segment whose rest is full of an earlier lap's frames.
            using var log = disk.Open();
            Assert.Equal(lap * 29, log.DurableSequence);
            Assert.Equal((0, 0), (log.Recovery.TornBytes, log.Recovery.Quarantined.Count));
            log.Fill(29);
            log.ReadAll().AssertFilled(log.FirstSequence, (lap + 1) * 29);
            Assert.Equal(1, log.Reclaim(new ReclaimLimits(log.DurableSequence, NoTimeRule, 0)).SegmentsRecycled);
            log.MarkClean();
        }
    }

    [Theory, MemberData(nameof(Disks))]
    public void The_newest_settled_segments_stay_up_to_the_bytes_to_keep(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(TestDisk.Small with { SegmentsAhead = 0 });
        log.Fill(110);
        var before = disk.Segments.ToList();
        log.Reclaim(new ReclaimLimits(110, NoTimeRule, (3L * TestDisk.Small.SegmentBytes) + 100));
        Assert.Equal(before.TakeLast(4), disk.Segments);
        log.Reclaim(new ReclaimLimits(110, NoTimeRule, TestDisk.Small.SegmentBytes - 1));
        Assert.Equal(before.TakeLast(1), disk.Segments);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Segments_with_a_commit_since_the_time_to_keep_stay_also_after_a_restart(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            for (var i = 1; i <= 44; i++)
            {
                log.AppendAt(i * 1000, LogExtensions.Text(i));
            }
        }
        using var again = disk.Open(TestDisk.Small with { SegmentsAhead = 0 });
        Assert.Equal(new ReclaimResult(0, 0), again.Reclaim(new ReclaimLimits(44, 11_000, 0)));
        Assert.Equal(new ReclaimResult(1, 0), again.Reclaim(new ReclaimLimits(44, 11_001, 0)));
        Assert.Equal(12, again.FirstSequence);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_damaged_seal_costs_a_scan_and_no_segment_goes_too_early(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            for (var i = 1; i <= 33; i++)
            {
                log.AppendAt(i * 1000, LogExtensions.Text(i));
            }
        }
        disk.Damage(disk.Segments.First(), TestDisk.Small.SegmentBytes - 30, 1, 2, 3, 4);
        using var again = disk.Open(TestDisk.Small with { SegmentsAhead = 0 });
        Assert.Equal(new ReclaimResult(0, 0), again.Reclaim(new ReclaimLimits(33, 11_000, 0)));
        Assert.Equal(new ReclaimResult(1, 0), again.Reclaim(new ReclaimLimits(33, 11_001, 0)));
        again.ReadAll().AssertFilled(12, 33);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_reader_keeps_the_segment_it_is_in_and_is_told_of_the_ones_it_missed(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        log.Fill(44);
        using var reader = log.OpenReader(1);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(WalReadStatus.Record, reader.Read());
        }
        // Everything goes, and the files are written over while the reader is in the middle of the first one.
        log.Reclaim(new ReclaimLimits(44, NoTimeRule, 0));
        log.Fill(22);
        var first = log.FirstSequence;
        var content = reader.ReadAll();
        Assert.Equal(new WalGap(12, first - 12, Reclaimed: true), Assert.Single(content.Gaps));
        content.AssertAccountedFor(4, 66);
    }

    /// <summary>More than a reader reads ahead: what it reads next is still to come from the file.</summary>
    [Theory, MemberData(nameof(Disks))]
    public void A_large_segment_is_not_written_over_while_a_reader_is_in_it(DiskKind kind)
    {
        const int Bytes = 60_000;
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(new WalOptions { SegmentBytes = 4 * FrameWindow.ChunkBytes, SegmentsKept = 4 });
        log.Fill(40, Bytes);
        using var reader = log.OpenReader(1);
        Assert.Equal(WalReadStatus.Record, reader.Read());

        log.Reclaim(new ReclaimLimits(40, NoTimeRule, 0));
        log.Fill(40, Bytes);

        var content = reader.ReadAll();
        Assert.Contains(17, content.Records.Keys);
        Assert.All(content.Gaps, gap => Assert.True(gap.Reclaimed));
        content.AssertAccountedFor(2, 80, Bytes);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_reader_opened_below_the_oldest_record_begins_with_it(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        log.Fill(44);
        log.Reclaim(new ReclaimLimits(30, NoTimeRule, 0));
        using var reader = log.OpenReader(1);
        Assert.Equal(log.FirstSequence, reader.NextSequence);
        reader.ReadAll().AssertFilled(log.FirstSequence, 44);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Spares_survive_a_restart_and_half_made_or_surplus_ones_do_not(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open(TestDisk.Small with { SegmentsAhead = 3 }))
        {
            log.PrepareSegments();
            log.MarkClean();
        }
        disk.Put("fill-0123456789abcdef.tmp", new byte[5000]);
        disk.Put("spare-0123456789abcdef.tmp", new byte[5000]);
        disk.Put("unknown.tmp", new byte[10]);
        using var again = disk.Open(TestDisk.Small with { SegmentsAhead = 2 });
        Assert.True(again.SegmentsReady > 0);
        var left = disk.Files.Where(file => file.EndsWith(".tmp", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, left.Count);
        Assert.Contains("unknown.tmp", left);
        Assert.Equal(3L * TestDisk.Small.SegmentBytes, again.Bytes);
        again.Fill(30);
        again.ReadAll().AssertFilled(1, 30);
    }
}
