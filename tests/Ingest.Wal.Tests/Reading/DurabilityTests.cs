using Ingest.Wal.Reading;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Reading;

public sealed class DurabilityTests
{
    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Theory, MemberData(nameof(Disks))]
    public void Nobody_sees_a_record_before_its_flush_is_done(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        using var reader = log.OpenReader(1);
        var looked = 0;
        var observed = new List<long>();
        using var observation = log.ObserveDurable(observed.Add);
        directory.Watch = (operation, name) =>
        {
            if (name.EndsWith(".wal", StringComparison.Ordinal) && operation is "write" or "flush")
            {
                looked++;
                Assert.Equal(0, log.DurableSequence);
                Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
                Assert.Empty(observed);
            }
        };
        log.Append("a");
        Assert.Equal(2, looked);
        Assert.Equal([1], observed);
        directory.Watch = null;
        Assert.Equal(WalReadStatus.Record, reader.Read());
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_commit_is_one_write_and_one_flush_and_nothing_else(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        log.Append("first");
        var operations = new List<string>();
        directory.Watch = (operation, _) => operations.Add(operation);
        Assert.True(log.Add("a", "b"));
        Assert.True(log.Add("c"));
        Assert.Empty(operations);
        Assert.Equal(CommitOutcome.Committed, log.Commit(0));
        Assert.Equal(["write", "flush"], operations);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_reader_that_has_caught_up_asks_the_disk_for_nothing(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        log.Fill(30);
        using var reader = log.OpenReader(1);
        reader.ReadAll();
        var operations = 0;
        directory.Watch = (_, _) => operations++;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
        }
        Assert.Equal(0, operations);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_roll_seals_names_and_syncs_in_this_order_before_the_group_is_written(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var directory = new WatchedDirectory(disk.Mount());
        using var log = WriteAheadLog.Open(directory, TestDisk.Small);
        log.PrepareSegments();
        log.Fill(11);
        var operations = new List<string>();
        directory.Watch = (operation, name) => operations.Add($"{operation} {name[..Math.Min(5, name.Length)]}");
        log.Fill(1);
        Assert.Equal(
            [
                "write spare", "flush spare", // the header of the next segment
                "write 00000", "flush 00000", // the seal
                "rename spare", "sync ", // its name
                "write 00000", "flush 00000", // the group
            ],
            operations);
    }

    [Theory, MemberData(nameof(Disks))]
    public void An_observer_that_throws_breaks_neither_the_numbers_nor_the_log(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        using (log.ObserveDurable(_ => throw new InvalidOperationException("broken")))
        {
            Assert.True(log.Add("a"));
            Assert.Throws<InvalidOperationException>(() => log.Commit(0));
        }
        Assert.Equal(1, log.DurableSequence);
        Assert.Null(log.Poison);
        log.Append("b");
        Assert.Equal(["a", "b"], log.ReadAll().Records.Values);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_reader_from_the_middle_begins_exactly_there(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open();
        log.Fill(50);
        for (var from = 1; from <= 50; from++)
        {
            log.ReadAll(from).AssertFilled(from, 50);
        }
        using var ahead = log.OpenReader(53);
        Assert.Equal(WalReadStatus.CaughtUp, ahead.Read());
        log.Fill(4);
        ahead.ReadAll().AssertFilled(53, 54);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Records_of_every_size_around_the_read_ahead_come_back(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(new WalOptions { SegmentBytes = 4 * 1024 * 1024 });
        var sizes = new[] { 1, 256 * 1024 - 24, 256 * 1024, 256 * 1024 + 8, 3, 1_000_000, 7, 300_000, 300_000, 0 };
        foreach (var size in sizes)
        {
            log.Append(LogExtensions.Text(log.DurableSequence + 1, size)[..size]);
        }
        Assert.Equal(sizes, log.ReadAll().Records.Values.Select(text => text.Length));
        Assert.All(
            log.ReadAll().Records,
            record => Assert.StartsWith(record.Value, LogExtensions.Text(record.Key, record.Value.Length), StringComparison.Ordinal));
    }
}
