using Ingest.Testing;
using Ingest.Wal.Reading;
using Ingest.Wal.Retention;
using Ingest.Wal.Storage;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Writing;

/// <summary>The first failure of a write or flush on the way to an acknowledgement ends all acknowledgements.</summary>
public sealed class PoisonTests
{
    public static TheoryData<DiskKind, string, string> Failures
    {
        get
        {
            var data = new TheoryData<DiskKind, string, string>();
            foreach (var kind in Enum.GetValues<DiskKind>())
            {
                // In a group, and at a roll: the operation, and the file or folder it fails on.
                data.Add(kind, "write", ".wal");
                data.Add(kind, "flush", ".wal");
                data.Add(kind, "write", "spare");
                data.Add(kind, "flush", "spare");
                data.Add(kind, "rename", "spare");
                data.Add(kind, "sync", "");
            }
            return data;
        }
    }

    [Fact]
    public void Nothing_is_acknowledged_from_a_segment_that_somebody_deleted()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open();
        log.Fill(5);
        disk.Remove(disk.Segments.Single());
        Assert.True(log.Add("more"));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        Assert.Contains(".wal was deleted by somebody else", log.Poison?.Message, StringComparison.Ordinal);
        Assert.Equal(5, log.DurableSequence);
    }

    [Fact]
    public void Nothing_is_acknowledged_once_another_process_may_work_in_the_directory()
    {
        using var temporary = new TemporaryDirectory();
        using var first = WriteAheadLog.Open(WalDirectory.Open(temporary["log"]), TestDisk.Small);
        first.Fill(5);
        Directory.Move(temporary["log"], temporary["moved"]);
        using var second = WriteAheadLog.Open(WalDirectory.Open(temporary["log"]), TestDisk.Small);
        second.Fill(3);
        Assert.True(first.Add("more"));
        Assert.Equal(CommitOutcome.Poisoned, first.Commit(0));
        Assert.Contains("was moved or replaced", first.Poison?.Message, StringComparison.Ordinal);
        Assert.Throws<StorageException>(first.MarkClean);
        second.ReadAll().AssertFilled(1, 3);
    }

    [Theory, InlineData(0), InlineData(4096), InlineData(WalOptions.SegmentBytesMin - 1)]
    public void Nothing_is_acknowledged_from_a_segment_that_somebody_cut(int left)
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open();
        log.Fill(5);
        var segment = disk.Segments.Single();
        disk.Put(segment, disk.Bytes(segment).AsSpan(0, left));
        Assert.True(log.Add("more"));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        Assert.Contains($".wal was cut from {WalOptions.SegmentBytesMin} to ", log.Poison?.Message, StringComparison.Ordinal);
        Assert.Equal(5, log.DurableSequence);
    }

    [Fact]
    public void A_segment_made_ahead_that_somebody_deleted_is_not_used_and_stops_nothing()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(TestDisk.Small with { SegmentsAhead = 2 });
        log.PrepareSegments();
        foreach (var spare in disk.Files.Where(file => file.StartsWith("spare", StringComparison.Ordinal)).ToList())
        {
            disk.Remove(spare);
        }
        log.Fill(40);
        Assert.Null(log.Poison);
        log.ReadAll().AssertFilled(1, 40);
    }

    [Theory, MemberData(nameof(Failures))]
    public void After_a_failure_nothing_is_acknowledged_and_what_was_durable_is_read(DiskKind kind, string operation, string file)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        log.PrepareSegments();
        log.Fill(5);
        var failed = false;
        directory.Watch = (what, name) =>
        {
            Assert.False(failed, $"{what} {name} after the failure");
            if (what == operation && name.Contains(file, StringComparison.Ordinal))
            {
                failed = true;
                throw new StorageException(StorageFailure.Failed, "injected", 5);
            }
        };
        CommitOutcome outcome;
        do
        {
            Assert.True(log.Add(LogExtensions.Text(log.DurableSequence + 1)));
            outcome = log.Commit(0);
        }
        while (outcome == CommitOutcome.Committed && log.DurableSequence < 20);
        Assert.Equal(CommitOutcome.Poisoned, outcome);
        Assert.Equal("injected", log.Poison?.Message);
        var durable = log.DurableSequence;
        for (var i = 0; i < 3; i++)
        {
            Assert.True(log.Add("more"));
            Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        }
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        Assert.Equal(new ReclaimResult(0, 0), log.Reclaim(new ReclaimLimits(durable, long.MaxValue, 0)));
        Assert.Throws<StorageException>(log.MarkClean);
        directory.Watch = null;
        log.ReadAll().AssertFilled(1, durable);
        log.Dispose();

        using var again = disk.Open();
        Assert.InRange(again.DurableSequence, durable, durable + 1);
        again.ReadAll().AssertFilled(1, again.DurableSequence);
        again.Fill(3);
    }

    [Theory, MemberData(nameof(TestDisk.Kinds), MemberType = typeof(TestDisk))]
    public void A_full_disk_in_the_middle_of_a_group_poisons_too(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        log.Fill(2);
        directory.Watch = (what, _) => throw new StorageException(StorageFailure.Full, $"no room to {what}", 28);
        Assert.True(log.Add("x"));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        Assert.Equal(StorageFailure.Full, log.Poison?.Kind);
    }

    [Theory, MemberData(nameof(TestDisk.Kinds), MemberType = typeof(TestDisk))]
    public void A_failed_sync_of_the_directory_poisons_whoever_asked_for_it(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        log.Fill(30);
        directory.Watch = (what, _) =>
        {
            if (what == "sync")
            {
                throw new StorageException(StorageFailure.Failed, "injected", 5);
            }
        };
        Assert.Throws<StorageException>(() => log.Reclaim(new ReclaimLimits(30, long.MaxValue, 0)));
        directory.Watch = null;
        Assert.True(log.Add("x"));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        var rest = log.ReadAll();
        rest.AssertFilled(log.FirstSequence, 30);
    }

    [Theory, MemberData(nameof(TestDisk.Kinds), MemberType = typeof(TestDisk))]
    public void A_spare_that_cannot_be_made_ahead_harms_nothing(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        directory.Watch = (what, name) =>
        {
            if (what == "flush" && name.StartsWith("fill", StringComparison.Ordinal))
            {
                throw new StorageException(StorageFailure.Failed, "injected", 5);
            }
        };
        Assert.Throws<StorageException>(() => log.PrepareSegments());
        directory.Watch = null;
        Assert.Equal(0, log.SegmentsReady);
        Assert.Null(log.Poison);
        log.Fill(40);
        Assert.True(log.PrepareSegments());
        Assert.Equal(1, log.SegmentsReady);
        Assert.DoesNotContain(disk.Files, file => file.StartsWith("fill", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(TestDisk.Kinds), MemberType = typeof(TestDisk))]
    public void Whatever_breaks_a_commit_off_poisons_the_log(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        directory.Watch = (_, _) => throw new OutOfMemoryException("injected");
        Assert.True(log.Add("x"));
        Assert.Throws<OutOfMemoryException>(() => log.Commit(0));
        directory.Watch = null;
        Assert.True(log.Add("x"));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        Assert.Equal(0, log.DurableSequence);
    }

    [Theory, MemberData(nameof(TestDisk.Kinds), MemberType = typeof(TestDisk))]
    public void Poisoned_logs_still_move_their_cursors(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        using var cursor = log.OpenCursor("lane");
        log.Fill(2);
        directory.Watch = (_, _) => throw new StorageException(StorageFailure.Failed, "injected", 5);
        Assert.True(log.Add("x"));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        directory.Watch = null;
        cursor.Save(2, default);
        Assert.Equal(2, cursor.Sequence);
        using var reader = log.OpenReader(1);
        Assert.Equal(WalReadStatus.Record, reader.Read());
    }
}
