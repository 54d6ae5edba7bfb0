using System.Runtime.InteropServices;
using System.Text;
using Ingest.Simulation.Disk;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Ingest.Wal.Tail;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Tail;

/// <summary>The last groups in memory: readers that keep up take them from there, and only the counts tell.</summary>
public sealed class TailTests
{
    /// <summary>Four blocks of 4 KiB.</summary>
    private static readonly WalOptions Options = TestDisk.Small with
    {
        SegmentBytes = 1024 * 1024,
        TailBytes = 4 * TailRing.BytesMin,
        TailCompared = true,
    };

    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    /// <summary>A roll finds a block that is full with the larger records, and one that is partly filled with the smaller ones.</summary>
    [Theory]
    [InlineData(DiskKind.Simulated, 500)]
    [InlineData(DiskKind.Simulated, 700)]
    [InlineData(DiskKind.Real, 500)]
    [InlineData(DiskKind.Real, 700)]
    public void A_reader_that_keeps_up_reads_nothing_from_the_disk(DiskKind kind, int bytes)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(Options with { SegmentBytes = WalOptions.SegmentBytesMin });
        using var reader = log.OpenReader(1);
        for (var number = 1; number <= 100; number++)
        {
            log.Fill(1, bytes);
            AssertNext(reader, number, bytes);
            Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
            log.AssertInvariants();
        }
        Assert.Equal((100, 0), (log.ReadFromMemory, log.ReadFromDisk));
        Assert.InRange(log.TailBytesHeld, 1, Options.TailBytes);
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_reader_that_fell_behind_reads_the_disk_until_it_keeps_up_again(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(Options);
        using var reader = log.OpenReader(1);
        log.Fill(200);
        // Its read ahead of 256 KiB covers what is in memory as well.
        for (var number = 1; number <= 200; number++)
        {
            AssertNext(reader, number);
        }
        Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
        Assert.Equal((0, 200), (log.ReadFromMemory, log.ReadFromDisk));
        log.Fill(5);
        for (var number = 201; number <= 205; number++)
        {
            AssertNext(reader, number);
        }
        Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
        Assert.Equal((5, 200), (log.ReadFromMemory, log.ReadFromDisk));
    }

    [Theory, MemberData(nameof(Disks))]
    public void Several_readers_take_the_same_groups(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(Options);
        var readers = Enumerable.Range(0, 3).Select(_ => log.OpenReader(1)).ToList();
        for (var number = 1; number <= 60; number++)
        {
            log.Fill(1);
            readers.ForEach(reader => AssertNext(reader, number));
            log.AssertInvariants();
        }
        readers.ForEach(reader => reader.Dispose());
        Assert.Equal((180, 0), (log.ReadFromMemory, log.ReadFromDisk));
    }

    [Theory, MemberData(nameof(Disks))]
    public void A_group_larger_than_a_block_and_one_larger_than_all_blocks_are_read_from_the_disk(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(Options);
        using var reader = log.OpenReader(1);
        foreach (var records in (int[])[2, 6, 2, 2, 30, 2, 2, 4, 1, 1])
        {
            var first = log.NextSequence;
            log.Append(Enumerable.Range(0, records).Select(at => LogExtensions.Text(first + at)));
            for (var number = first; number < first + records; number++)
            {
                AssertNext(reader, number);
            }
            Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
            log.AssertInvariants();
        }
        // The group behind one that outgrew its block is filled outside of them, too.
        Assert.Equal((7, 45), (log.ReadFromMemory, log.ReadFromDisk));
    }

    [Fact]
    public void A_group_whose_flush_failed_is_never_read()
    {
        var disk = new SimulatedDisk();
        using var log = WriteAheadLog.Open(disk.Mount(), Options);
        using var reader = log.OpenReader(1);
        log.Fill(2);
        disk.Faults.FailNext(DiskOperation.Flush, StorageFailure.Failed, 0);
        Assert.True(log.Add(LogExtensions.Text(3)));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        AssertNext(reader, 1);
        AssertNext(reader, 2);
        Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
        Assert.Equal((2, 0), (log.ReadFromMemory, log.ReadFromDisk));
        log.AssertInvariants();
    }

    [Theory, MemberData(nameof(Disks))]
    public void What_a_reader_looks_at_stays_as_it_is_however_much_is_written(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(Options);
        using var still = log.OpenReader(1);
        log.Fill(2);
        AssertNext(still, 1);
        var body = still.Body;
        var before = body.ToArray();
        log.Fill(100);
        log.TrimTail();
        log.AssertInvariants();
        Assert.Equal(before, body);
        for (var number = 2; number <= 102; number++)
        {
            AssertNext(still, number);
        }
    }

    [Theory, MemberData(nameof(Disks))]
    public void With_every_block_held_by_a_reader_groups_are_taken_and_read_from_the_disk(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(Options);
        var readers = new List<WalReader>();
        for (var block = 0; block < 4; block++)
        {
            readers.Add(log.OpenReader(log.NextSequence));
            log.Fill(3);
            AssertNext(readers[^1], readers[^1].NextSequence);
        }
        using var reader = log.OpenReader(13);
        log.Fill(20);
        for (var number = 13; number <= 32; number++)
        {
            AssertNext(reader, number);
        }
        Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
        Assert.Equal(20, log.ReadFromDisk);
        log.AssertInvariants();
        readers.ForEach(held => held.Dispose());
        log.Fill(1);
        AssertNext(reader, 33);
        Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
        Assert.Equal((5, 20), (log.ReadFromMemory, log.ReadFromDisk));
    }

    [Fact]
    public void Memory_is_given_back_when_asked_but_for_what_is_in_use()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        using var log = disk.Open(Options);
        using var reader = log.OpenReader(1);
        log.Fill(1);
        AssertNext(reader, 1);
        log.Fill(20);
        Assert.Equal(Options.TailBytes, log.TailBytesHeld);
        log.TrimTail();
        log.AssertInvariants();
        Assert.Equal(2 * TailRing.BytesMin, log.TailBytesHeld);
        for (var number = 2; number <= 21; number++)
        {
            AssertNext(reader, number);
        }
    }

    [Theory]
    [InlineData(TailRing.BytesMin - 1, 0)]
    [InlineData(TailRing.BytesMin, 1)]
    [InlineData(100_000, 8)]
    [InlineData(1024 * 1024, 16)]
    public void All_memory_of_the_tail_is_within_its_setting(int allowed, int blocks)
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        using var log = disk.Open(Options with { TailBytes = allowed });
        while (log.BytesInUse <= 3 * Options.SegmentBytes)
        {
            log.Fill(1, 3000);
            log.AssertInvariants();
        }
        Assert.InRange(log.TailBytesHeld, blocks * (long)TailRing.BytesMin, allowed);
    }

    [Fact]
    public void A_log_that_closes_leaves_a_reader_what_it_looks_at_and_keeps_nothing()
    {
        using var disk = TestDisk.Create(DiskKind.Simulated);
        var log = disk.Open(Options);
        var reader = log.OpenReader(1);
        log.Fill(1);
        AssertNext(reader, 1);
        var body = reader.Body;
        var before = body.ToArray();
        log.Dispose();
        log.AssertInvariants();
        Assert.Equal(before, body);
        Assert.Equal(TailRing.BytesMin, log.TailBytesHeld);
        reader.Dispose();
        Assert.Equal(0, log.TailBytesHeld);
    }

    [Fact]
    public void A_comparison_finds_what_is_on_the_disk_otherwise()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Options);
        using var reader = log.OpenReader(1);
        log.Fill(1);
        disk.Damage(disk.Segments.Single(), 4096 + 100, 0);
        Assert.Throws<InvalidOperationException>(() => reader.Read());
    }

    [Theory, MemberData(nameof(Disks))]
    public void Wrong_bytes_in_memory_are_a_gap_and_no_event(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(Options with { TailCompared = false });
        using var reader = log.OpenReader(1);
        using (var batch = LogExtensions.Batch([LogExtensions.Text(1), LogExtensions.Text(2)]))
        {
            // The buffer changes after the record's checksum was made.
            MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(batch.Frames), batch.Bytes)[^100] ^= 1;
            Assert.True(log.TryAdd(batch, out _));
        }
        Assert.Equal(CommitOutcome.Committed, log.Commit(0));
        AssertNext(reader, 1);
        Assert.Equal(WalReadStatus.Gap, reader.Read());
        Assert.Equal((2, 1), (reader.Gap.First, reader.Gap.Count));
        Assert.Single(log.Quarantined);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Readers_that_wait_keep_no_block_from_being_filled_anew(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(Options);
        var waiting = new List<WalReader>();
        for (var block = 0; block < 4; block++)
        {
            waiting.Add(log.OpenReader(log.NextSequence + 2));
            log.Fill(3);
            AssertNext(waiting[^1], log.NextSequence - 1);
            Assert.Equal(WalReadStatus.CaughtUp, waiting[^1].Read());
        }
        using var reader = log.OpenReader(log.NextSequence);
        log.Fill(1);
        AssertNext(reader, reader.NextSequence);
        Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
        var before = (log.ReadFromMemory, log.ReadFromDisk);
        for (var number = 0; number < 20; number++)
        {
            log.Fill(1);
            AssertNext(reader, reader.NextSequence);
        }
        Assert.Equal(WalReadStatus.CaughtUp, reader.Read());
        Assert.Equal((before.ReadFromMemory + 20, before.ReadFromDisk), (log.ReadFromMemory, log.ReadFromDisk));
        waiting.ForEach(each => each.Dispose());
    }

    private static void AssertNext(WalReader reader, long number, int bytes = 1000)
    {
        Assert.Equal(WalReadStatus.Record, reader.Read());
        Assert.Equal(number, reader.Sequence);
        Assert.Equal(LogExtensions.Text(number, bytes), Encoding.UTF8.GetString(reader.Body));
    }
}
