using Ingest.Wal.Format;
using Ingest.Wal.Retention;
using Ingest.Wal.Tests.Testing;

namespace Ingest.Wal.Tests.Recovery;

/// <summary>
/// Bits that rot: whatever is damaged, never a wrong byte, never a crash, every number accounted for, everything else delivered.
/// </summary>
public sealed class DamageTests
{
    private const int RecordBytes = 300;

    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Fact]
    public void Any_flipped_byte_of_a_sealed_segment_loses_at_most_one_record()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        var saved = Write(disk, records: 70);
        var segment = disk.Segments.First();
        var last = SealedLast(disk);
        for (var offset = 0; offset < saved[segment].Length; offset++)
        {
            disk.Restore(saved);
            disk.Damage(segment, offset, (byte)(saved[segment][offset] ^ 0x40));
            using var log = disk.Open();
            Assert.Equal(70, log.DurableSequence);
            var content = log.ReadAll();
            content.AssertAccountedFor(1, 70, RecordBytes);
            Assert.InRange(content.Lost, 0, 1);
            Assert.All(content.Gaps, gap => Assert.InRange(gap.First, 1, last));
            Assert.Equal(content.Lost, log.Quarantined.Sum(range => range.Records));
        }
    }

    [Fact]
    public void Any_flipped_byte_of_the_tail_loses_at_most_one_record_or_the_last_group()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        var saved = Write(disk, records: 20);
        var segment = disk.Segments.Single();
        var end = SegmentHeader.BlockBytes + 20 * GroupBytes;
        for (var offset = 0; offset < end + 2 * GroupBytes; offset++)
        {
            disk.Restore(saved);
            disk.Damage(segment, offset, (byte)(saved[segment][offset] ^ 0x40));
            using var log = disk.Open();
            var content = log.ReadAll();
            var lastGroup = offset >= end - GroupBytes && offset < end;
            Assert.Equal(lastGroup && !IsPadding(offset, 20) ? 19 : 20, log.DurableSequence);
            content.AssertAccountedFor(1, log.DurableSequence, RecordBytes);
            Assert.InRange(content.Lost, 0, lastGroup ? 0 : 1);
            log.Append("after");
            Assert.Equal("after", log.ReadAll(log.DurableSequence).Records.Values.Single());
        }
    }

    [Theory, MemberData(nameof(Disks))]
    public void Segments_overwritten_whole_are_a_gap_of_lost_records_wherever_they_lay(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        var saved = Write(disk, records: 200);
        var segments = disk.Segments.Order(StringComparer.Ordinal).ToArray();
        Assert.True(segments.Length > 3);
        foreach (var gone in new[] { segments[..1], segments[..2], segments[1..3], [segments[0], segments[2]] })
        {
            disk.Restore(saved);
            foreach (var segment in gone)
            {
                disk.Put(segment, [.. Enumerable.Repeat((byte)0x5A, saved[segment].Length)]);
            }
            using var log = disk.Open();
            var content = log.ReadAll();
            content.AssertAccountedFor(1, 200, RecordBytes);
            Assert.All(content.Gaps, gap => Assert.False(gap.Reclaimed));
            Assert.True(content.Lost > 0);
            Assert.Equal(content.Lost, log.Quarantined.Sum(range => range.Records));
        }
    }

    /// <summary>Cursors prove how far the log may have been reclaimed, seals which numbers a neighbour has itself.</summary>
    [Theory, MemberData(nameof(Disks))]
    public void A_stray_file_named_like_a_segment_counts_only_what_it_can_have_held(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        Write(disk, records: 200);
        var holding = TestDisk.Small with { Holds = name => name == "lane" };
        long first;
        using (var log = disk.Open())
        {
            using var lane = log.OpenCursor("lane");
            lane.Save(200, default);
            log.Reclaim(new ReclaimLimits(100, long.MaxValue, 0));
            first = log.FirstSequence;
            Assert.True(first > 50);
        }
        var saved = disk.Save();
        Assert.Equal(0, Lost(new SegmentName(1, 7), settled: 200));
        Assert.Equal(0, Lost(new SegmentName(1, 7), settled: first - 1));
        Assert.Equal(first - 1 - 20, Lost(new SegmentName(1, 7), settled: 20));
        Assert.Equal(first - 1, Lost(new SegmentName(1, 7), settled: 0));
        Assert.Equal(0, Lost(new SegmentName(first + 3, 7), settled: 0));
        Assert.Equal(0, Lost(new SegmentName(1000, 7), settled: 0));

        long Lost(SegmentName stray, long settled)
        {
            disk.Restore(saved);
            using (var before = disk.Open(holding))
            {
                using var lane = before.OpenCursor("lane");
                lane.Save(settled, default);
            }
            disk.Put(stray.ToString(), new byte[10]);
            using var log = disk.Open(holding);
            var found = Assert.Single(log.Recovery.Quarantined);
            Assert.Equal((stray.ToString(), stray.BaseSequence), (found.Segment, found.FirstSequence));
            Assert.Equal(found.Records, log.ReadAll(settled + 1).Lost);
            return found.Records;
        }
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_damaged_last_group_of_a_clean_shutdown_stays_however_often_the_next_process_dies_before_it_appends(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Append(LogExtensions.Text(1, RecordBytes));
            log.Append(LogExtensions.Text(2, RecordBytes), LogExtensions.Text(3, RecordBytes), LogExtensions.Text(4, RecordBytes));
            log.MarkClean();
        }
        var third = SegmentHeader.BlockBytes + GroupBytes + (GroupBytes - CommitBody.FrameBytes);
        disk.Damage(disk.Segments.Single(), third + FrameHeader.Bytes + 1, 0xFF);
        for (var start = 0; start < 3; start++)
        {
            using var log = disk.Open();
            Assert.Equal((4, 0), (log.DurableSequence, log.Recovery.TornBytes));
            var content = log.ReadAll();
            content.AssertAccountedFor(1, 4, RecordBytes);
            Assert.Equal(1, content.Lost);
        }
        using (var log = disk.Open())
        {
            log.Fill(1, RecordBytes);
        }
        for (var start = 0; start < 2; start++)
        {
            using var log = disk.Open();
            Assert.False(log.Recovery.CleanShutdown);
            log.ReadAll().UpTo(4).AssertAccountedFor(1, 4, RecordBytes);
            Assert.Equal(4, log.ReadAll().Records.Count);
        }
    }

    [Fact]
    public void After_a_clean_shutdown_damage_of_the_last_group_is_damage_and_never_cut()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        var saved = Write(disk, records: 5, clean: true);
        var segment = disk.Segments.Single();
        var end = SegmentHeader.BlockBytes + 5 * GroupBytes;
        for (var offset = SegmentHeader.BlockBytes; offset < end; offset++)
        {
            disk.Restore(saved);
            disk.Damage(segment, offset, (byte)(saved[segment][offset] ^ 0x40));
            using (var log = disk.Open())
            {
                Assert.Equal(5, log.DurableSequence);
                Assert.Equal(0, log.Recovery.TornBytes);
                var content = log.ReadAll();
                content.AssertAccountedFor(1, 5, RecordBytes);
                Assert.InRange(content.Lost, 0, 1);
                log.Fill(1, RecordBytes);
            }
            using var again = disk.Open();
            again.ReadAll().UpTo(5).AssertAccountedFor(1, 5, RecordBytes);
            Assert.Single(again.ReadAll().Records.Keys, number => number > 5);
        }
    }

    [Fact]
    public void What_a_cursor_has_passed_is_never_taken_for_torn()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        using (var log = disk.Open())
        {
            for (var i = 0; i < 5; i++)
            {
                var next = log.DurableSequence + 1;
                log.Append(LogExtensions.Text(next, RecordBytes), LogExtensions.Text(next + 1, RecordBytes));
            }
            using var cursor = log.OpenCursor("lane");
            cursor.Save(9, default);
        }
        var segment = disk.Segments.Single();
        var saved = disk.Save();
        var group = 2 * FrameHeader.FrameBytes(RecordBytes) + CommitBody.FrameBytes;
        for (var offset = SegmentHeader.BlockBytes + 4 * group; offset < SegmentHeader.BlockBytes + 5 * group; offset++)
        {
            disk.Restore(saved);
            disk.Damage(segment, offset, (byte)(saved[segment][offset] ^ 0x40));
            using var log = disk.Open();
            Assert.InRange(log.DurableSequence, 9, 10);
            var content = log.ReadAll();
            content.AssertAccountedFor(1, log.DurableSequence, RecordBytes);
            Assert.InRange(content.Lost, 0, 1);
        }
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Any_lost_sector_loses_only_the_records_in_it(int sectorBytes)
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        var saved = Write(disk, records: 100);
        foreach (var segment in disk.Segments.SkipLast(1).ToList())
        {
            for (var sector = 0; sector < saved[segment].Length / sectorBytes; sector++)
            {
                foreach (var filling in (byte[])[0x00, 0xFF, 0xA5])
                {
                    disk.Restore(saved);
                    disk.Damage(segment, sector * sectorBytes, Enumerable.Repeat(filling, sectorBytes).ToArray());
                    using var log = disk.Open();
                    var content = log.ReadAll();
                    content.AssertAccountedFor(1, 100, RecordBytes);
                    Assert.InRange(content.Lost, 0, sectorBytes / FrameHeader.FrameBytes(RecordBytes) + 2);
                }
            }
        }
    }

    [Theory, MemberData(nameof(Disks))]
    public void Damage_is_copied_aside_once_whoever_finds_it_and_stays_where_it_is(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        var saved = Write(disk, records: 40);
        var segment = disk.Segments.First();
        var offset = SegmentHeader.BlockBytes + 3 * GroupBytes + 100;
        disk.Damage(segment, offset, 1, 2, 3);
        var damaged = disk.Bytes(segment);
        using (var log = disk.Open())
        {
            Assert.Empty(log.Recovery.Quarantined);
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(4, log.ReadAll().Gaps.Single().First);
            }
            var range = Assert.Single(log.Quarantined);
            Assert.Equal((segment, 4, 1), (range.Segment, range.FirstSequence, range.Records));
            Assert.Equal(damaged.Skip((int)range.Offset).Take((int)range.Bytes), disk.Bytes(range.Copy));
        }
        using var again = disk.Open();
        again.ReadAll();
        Assert.Single(disk.Files, file => file.StartsWith("quarantine", StringComparison.Ordinal));
        Assert.Equal(damaged, disk.Bytes(segment));
        Assert.NotEqual(saved[segment], damaged);
    }

    [Fact]
    public void Ten_thousand_random_damages_never_deliver_a_wrong_byte()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        var saved = Write(disk, records: 60);
        var random = new Random(20261121);
        for (var round = 0; round < 10_000; round++)
        {
            disk.Restore(saved);
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                var segment = disk.Segments.ElementAt(random.Next(disk.Segments.Count()));
                var bytes = new byte[random.Next(1, random.Next(2, 2000))];
                random.NextBytes(bytes);
                if (random.Next(3) == 0)
                {
                    // What a misdirected write leaves: other parts of the same log.
                    saved[segment].AsSpan(random.Next(saved[segment].Length - bytes.Length), bytes.Length).CopyTo(bytes);
                }
                disk.Damage(segment, random.Next(saved[segment].Length - bytes.Length), bytes);
            }
            using var log = disk.Open();
            var content = log.ReadAll();
            content.AssertAccountedFor(log.FirstSequence, log.DurableSequence, RecordBytes);
            Assert.All(content.Gaps, gap => Assert.False(gap.Reclaimed));
        }
    }

    private static int GroupBytes => FrameHeader.FrameBytes(RecordBytes) + CommitBody.FrameBytes;

    /// <summary>Bytes between a record's body and the next frame are zero, and that is not checked.</summary>
    private static bool IsPadding(int offset, int group)
    {
        var inGroup = offset - SegmentHeader.BlockBytes - ((group - 1) * GroupBytes);
        return inGroup >= FrameHeader.Bytes + RecordBytes && inGroup < FrameHeader.FrameBytes(RecordBytes);
    }

    private static Dictionary<string, byte[]> Write(TestDisk disk, int records, bool clean = false)
    {
        using (var log = disk.Open())
        {
            log.Fill(records, RecordBytes);
            if (clean)
            {
                log.MarkClean();
            }
        }
        return disk.Save();
    }

    private static long SealedLast(TestDisk disk)
    {
        Assert.True(SegmentName.TryParse(disk.Segments.ElementAt(1), out var second));
        return second.BaseSequence - 1;
    }
}
