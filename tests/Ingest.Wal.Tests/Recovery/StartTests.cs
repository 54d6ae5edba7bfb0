using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Recovery;

/// <summary>What the log makes of a directory it finds, in whatever state.</summary>
public sealed class StartTests
{
    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Theory, MemberData(nameof(Disks))]
    public void A_clean_shutdown_is_recognized_once(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            Assert.False(log.Recovery.CleanShutdown);
            log.Fill(15);
            log.MarkClean();
            log.MarkClean();
        }
        using (var log = disk.Open())
        {
            Assert.True(log.Recovery.CleanShutdown);
            Assert.DoesNotContain("clean", disk.Files);
        }
        using var again = disk.Open();
        Assert.False(again.Recovery.CleanShutdown);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_mark_that_was_overtaken_by_later_commits_is_no_clean_shutdown_and_does_no_harm(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(3);
            log.MarkClean();
            log.Fill(3);
        }
        using var again = disk.Open();
        Assert.False(again.Recovery.CleanShutdown);
        again.ReadAll().AssertFilled(1, 6);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_damaged_mark_is_no_mark(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(3);
            log.MarkClean();
        }
        disk.Damage("clean", 30, 0xFF);
        using var again = disk.Open();
        Assert.False(again.Recovery.CleanShutdown);
        again.ReadAll().AssertFilled(1, 3);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_log_whose_last_segment_was_deleted_goes_on_behind_what_a_cursor_knows(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(30);
            log.SaveCursor("lane", 28);
        }
        disk.Remove(disk.Segments.Last());
        using (var log = disk.Open())
        {
            Assert.Equal(new WalGap(23, 6, Reclaimed: false), log.Recovery.MissingEnd);
            Assert.Equal(28, log.DurableSequence);
            var content = log.ReadAll();
            Assert.Equal([new WalGap(23, 6, Reclaimed: false)], content.Gaps);
            log.Fill(1);
            Assert.True(log.DurableSequence > 30);
        }
        using var again = disk.Open();
        Assert.Null(again.Recovery.MissingEnd);
        var after = again.ReadAll();
        after.UpTo(28).AssertAccountedFor(1, 28);
        Assert.Equal(6, after.Lost);
        Assert.Equal([again.DurableSequence], after.Records.Keys.Where(number => number > 22));
        Assert.Equal([new WalGap(29, again.DurableSequence - 29, Reclaimed: false, Skipped: true)], after.Skips);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_log_that_lost_all_its_segments_does_not_give_numbers_out_twice(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using (var log = disk.Open())
        {
            log.Fill(30);
            log.MarkClean();
        }
        foreach (var segment in disk.Segments.ToList())
        {
            disk.Remove(segment);
        }
        using (var log = disk.Open())
        {
            Assert.Equal(new WalGap(1, 30, Reclaimed: false), log.Recovery.MissingEnd);
            log.Fill(1);
            Assert.True(log.DurableSequence > 31);
        }
        using var again = disk.Open();
        var content = again.ReadAll();
        Assert.Equal([new WalGap(1, 30, Reclaimed: false)], content.Gaps);
        Assert.Equal([again.DurableSequence], content.Records.Keys);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_segment_deleted_by_hand_is_a_gap_of_exactly_its_records(DiskKind kind)
    {
        using var disk = TestDisk.CreateFilled(kind, 44);
        disk.Remove(disk.Segments.ElementAt(1));
        using var again = disk.Open();
        var content = again.ReadAll();
        Assert.Equal([new WalGap(12, 11, Reclaimed: false)], content.Gaps);
        content.AssertAccountedFor(1, 44);
        Assert.Empty(again.Quarantined);
        // Also for a reader that begins in the hole, and for one that begins behind it.
        Assert.Equal([new WalGap(15, 8, Reclaimed: false)], again.ReadAll(15).Gaps);
        again.ReadAll(23).AssertFilled(23, 44);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_segment_deleted_while_the_log_is_open_is_a_gap_too(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        log.Fill(44);
        directory.Delete(disk.Segments.ElementAt(1));
        var content = log.ReadAll();
        Assert.Equal([new WalGap(12, 11, Reclaimed: false)], content.Gaps);
        content.AssertAccountedFor(1, 44);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_damaged_header_loses_nothing(DiskKind kind)
    {
        using var disk = TestDisk.CreateFilled(kind, 30);
        foreach (var segment in disk.Segments.ToList())
        {
            disk.Damage(segment, 0, new byte[SegmentHeader.BlockBytes]);
        }
        using var again = disk.Open();
        again.ReadAll().AssertFilled(1, 30);
        again.Fill(3);
        again.ReadAll().UpTo(30).AssertFilled(1, 30);
        Assert.Equal(33, again.ReadAll().Records.Count);
    }

    [Theory, MemberData(nameof(Disks))]
    public void What_only_looks_like_a_segment_is_moved_aside_and_nothing_else_is_touched(DiskKind kind)
    {
        using var disk = TestDisk.CreateFilled(kind, 30);
        var strangers = new Dictionary<string, int>
        {
            ["00000000000000000005-00000000000000aa.wal"] = 0,
            ["00000000000000000500-00000000000000bb.wal"] = 100,
            ["00000000000000009000-00000000000000cc.wal"] = 16 * 1024,
        };
        var zero = $"{new string('0', 20)}-00000000000000dd.wal";
        var ignored = new[] { "readme.txt", "x.wal", "00000000000000000001-zz.wal", "notes.wal~", zero };
        foreach (var (name, bytes) in strangers)
        {
            disk.Put(name, Enumerable.Repeat((byte)0x5A, bytes).ToArray());
        }
        foreach (var name in ignored)
        {
            disk.Put(name, "mine"u8);
        }
        using var again = disk.Open();
        Assert.Equal(strangers.Keys.Order(), again.Recovery.Quarantined.Select(range => range.Segment).Order());
        Assert.Equal([5L, 500, 9000], again.Recovery.Quarantined.Select(range => range.FirstSequence).Order());
        Assert.All(again.Recovery.Quarantined, range => Assert.True(range.IsWholeFile));
        Assert.All(strangers.Keys, name => Assert.Contains($"quarantine/{name}", disk.Files));
        Assert.All(ignored, name => Assert.Contains(name, disk.Files));
        again.ReadAll().AssertFilled(1, 30);
        again.Fill(1);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Segments_of_another_log_do_not_take_this_one_over(DiskKind kind)
    {
        using var other = TestDisk.CreateFilled(kind, 60);
        using var disk = TestDisk.Create(kind);
        Guid id;
        using (var log = disk.Open())
        {
            id = log.Id;
            log.Fill(30);
        }
        var stray = other.Segments.Last();
        disk.Put(stray, other.Bytes(stray));
        using var again = disk.Open();
        Assert.Equal(id, again.Id);
        Assert.Equal(30, again.DurableSequence);
        Assert.Equal(stray, Assert.Single(again.Recovery.Quarantined).Segment);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_truncated_segment_loses_what_was_cut_off_and_no_more(DiskKind kind)
    {
        using var disk = TestDisk.CreateFilled(kind, 33);
        var segment = disk.Segments.First();
        disk.Put(segment, disk.Bytes(segment).AsSpan(0, 9001));
        using var again = disk.Open();
        var content = again.ReadAll();
        content.AssertAccountedFor(1, 33);
        Assert.Equal([5L, 11L], [content.Gaps.Single().First, content.Gaps.Single().First + content.Gaps.Single().Count - 1]);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Start_reads_the_tail_and_not_the_backlog(DiskKind kind)
    {
        using var disk = TestDisk.CreateFilled(kind, 200);
        var segments = disk.Segments.Count();
        using var directory = new WatchedDirectory(disk.Mount());
        var reads = 0;
        directory.Watch = (what, _) => reads += what == "read" ? 1 : 0;
        using var again = WriteAheadLog.Open(directory, TestDisk.Small);
        // The header of each, the seal of the last, and the last one itself.
        Assert.InRange(reads, segments, segments + 4);
        Assert.True(again.Recovery.BytesScanned <= TestDisk.Small.SegmentBytes);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_segment_that_cannot_be_read_stops_its_readers_and_not_the_start(DiskKind kind)
    {
        using var disk = TestDisk.CreateFilled(kind, 33);
        var broken = disk.Segments.First();
        using var directory = new WatchedDirectory(disk.Mount());
        using var again = WriteAheadLog.Open(directory, TestDisk.Small);
        directory.Watch = (what, name) =>
        {
            if (what == "read" && name == broken)
            {
                throw new StorageException(StorageFailure.Failed, "the disk cannot read", 5);
            }
        };
        using var reader = again.OpenReader(1);
        for (var i = 0; i < 3; i++)
        {
            Assert.Throws<StorageException>(() => reader.Read());
            Assert.Equal(1, reader.NextSequence);
        }
        again.ReadAll(12).AssertFilled(12, 33);
        directory.Watch = null;
        reader.ReadAll().AssertFilled(1, 33);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_log_that_fails_to_open_lets_its_directory_go(DiskKind kind)
    {
        using var disk = TestDisk.CreateFilled(kind, 3);
        var directory = new WatchedDirectory(disk.Mount())
        {
            Watch = (what, _) =>
            {
                if (what == "flush")
                {
                    throw new StorageException(StorageFailure.Failed, "injected", 5);
                }
            },
        };
        Assert.Throws<StorageException>(() => WriteAheadLog.Open(directory, TestDisk.Small));
        using var again = disk.Open();
        again.ReadAll().AssertFilled(1, 3);
        Assert.Equal(CommitOutcome.Committed, again.Commit(0));
    }
}
