using Ingest.Simulation.Disk;
using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Retention;
using Ingest.Wal.Storage;
using Ingest.Wal.Tail;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Writing;

/// <summary>Groups written past the page cache: the same bytes, the same promises, and a way back where a file system takes none.</summary>
public sealed class DirectWriteTests
{
    /// <summary>Sizes of groups' records around pages, blocks in memory, and what one write takes.</summary>
    private static readonly int[] Sizes = [1, 500, 3900, 3936, 4000, 4096, 4100, 8192, 1, 9000, 30, 5000, 70_000, 1, 1];

    private static readonly WalOptions Direct = TestDisk.Small with
    {
        SegmentBytes = 256 * 1024,
        GroupBytesMax = 128 * 1024,
        DirectWrites = true,
    };

    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Theory]
    [InlineData(0)]
    [InlineData(TailRing.BytesMin)]
    [InlineData(64 * 1024)]
    public void Every_group_goes_past_the_page_cache_whatever_its_size(int tailBytes)
    {
        var disk = new SimulatedDisk();
        using var log = WriteAheadLog.Open(disk.Mount(), Direct with { SegmentBytes = 4 * 1024 * 1024, TailBytes = tailBytes });
        AppendAll(log, 10);
        Assert.True(log.WritesDirect);
        Assert.Equal(10 * Sizes.Length, disk.DirectWrites);
        Assert.Empty(disk.Violations);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(TailRing.BytesMin)]
    [InlineData(64 * 1024)]
    public void A_log_has_the_same_bytes_whichever_way_it_was_written(int tailBytes)
    {
        Assert.Equal(Content(Direct with { TailBytes = 0, DirectWrites = false }), Content(Direct with { TailBytes = tailBytes }));
    }

    [Fact]
    public void Only_groups_in_the_last_page_of_a_segment_go_through_the_page_cache()
    {
        var disk = new SimulatedDisk();
        using var log = WriteAheadLog.Open(disk.Mount(), Direct with { SegmentBytes = WalOptions.SegmentBytesMin });
        // Eleven groups fill a segment: one reaches into the last page, three lie in it.
        for (var number = 1; number <= 22; number++)
        {
            var before = disk.DirectWrites;
            log.Fill(1);
            Assert.Equal((number - 1) % 11 < 7 ? before + 1 : before, disk.DirectWrites);
        }
        Assert.True(log.WritesDirect);
        Assert.Empty(disk.Violations);
        log.ReadAll().AssertFilled(1, 22);
    }

    /// <summary>A write that reaches the end of the file would give it its length back.</summary>
    [Theory]
    [InlineData(7, 4096)]
    [InlineData(7, 12_288)]
    [InlineData(8, 4096)]
    [InlineData(8, 12_288)]
    [InlineData(8, WalOptions.SegmentBytesMin - 1)]
    public void Nothing_is_acknowledged_in_the_last_page_of_a_segment_that_somebody_cut(int records, int left)
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Direct with { SegmentBytes = WalOptions.SegmentBytesMin });
        log.Fill(records);
        var segment = disk.Segments.Single();
        disk.Put(segment, disk.Bytes(segment).AsSpan(0, left));
        Assert.True(log.Add(LogExtensions.Text(records + 1)));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        Assert.Contains($".wal was cut from {WalOptions.SegmentBytesMin} to ", log.Poison?.Message, StringComparison.Ordinal);
        Assert.Equal(records, log.DurableSequence);
    }

    [Theory, MemberData(nameof(Disks))]
    public void What_stands_in_front_of_the_first_group_of_a_start_in_its_page_stays(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        for (var start = 0; start < 20; start++)
        {
            using var log = disk.Open(Direct with { DirectWrites = start % 3 > 0 });
            log.Fill(1, 700);
            log.MarkClean();
        }
        using var last = disk.Open(Direct);
        last.ReadAll().AssertFilled(1, 20, 700);
    }

    [Fact]
    public void What_was_acknowledged_survives_any_cut_in_the_write_of_a_group_that_shares_its_page()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var disk = new SimulatedDisk(seed);
            using (var log = WriteAheadLog.Open(disk.Mount(), Direct))
            {
                log.Fill(3, 100 * (1 + (seed % 9)));
                disk.Faults.CutPowerAfter(seed % 2);
                Assert.True(log.Add(LogExtensions.Text(4, 3000)));
                Assert.Throws<PowerCutException>(() => log.Commit(0));
            }
            disk.Crash(CrashStyle.AnySubset, seed);
            using var again = WriteAheadLog.Open(disk.Mount(), Direct);
            var records = again.ReadAll().Records;
            for (var number = 1; number <= 3; number++)
            {
                Assert.Equal(LogExtensions.Text(number, 100 * (1 + (seed % 9))), records[number]);
            }
        }
    }

    [Fact]
    public void A_group_is_durable_once_it_is_acknowledged()
    {
        var disk = new SimulatedDisk();
        var log = WriteAheadLog.Open(disk.Mount(), Direct);
        log.Fill(5);
        disk.Crash(CrashStyle.AllLost, 1);
        using var again = WriteAheadLog.Open(disk.Mount(), Direct);
        again.ReadAll().AssertFilled(1, 5);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(4)]
    public void A_file_system_that_refuses_gets_the_same_groups_through_the_page_cache(int taken)
    {
        var disk = new SimulatedDisk(taken) { DirectWritesLeft = taken };
        var log = WriteAheadLog.Open(disk.Mount(), Direct);
        log.Fill(9, 700);
        Assert.False(log.WritesDirect);
        Assert.NotNull(log.DirectRefusal);
        Assert.Equal(taken, disk.DirectWrites);
        log.ReadAll().AssertFilled(1, 9, 700);
        disk.Crash(CrashStyle.AllLost, 1);
        using var again = WriteAheadLog.Open(disk.Mount(), Direct);
        again.ReadAll().AssertFilled(1, 9, 700);
    }

    [Theory]
    [InlineData(StorageFailure.Failed)]
    [InlineData(StorageFailure.Full)]
    public void A_direct_write_that_fails_ends_all_acknowledgements(StorageFailure failure)
    {
        var disk = new SimulatedDisk();
        using var log = WriteAheadLog.Open(disk.Mount(), Direct);
        log.Fill(2);
        disk.Faults.FailNext(DiskOperation.Write, failure, 0);
        Assert.True(log.Add("more"));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        Assert.Null(log.DirectRefusal);
        Assert.True(log.Add("more"));
        Assert.Equal(CommitOutcome.Poisoned, log.Commit(0));
        log.ReadAll().AssertFilled(1, 2);
    }

    [Theory, MemberData(nameof(Disks))]
    public void Behind_a_group_in_a_segment_used_again_its_page_is_empty(DiskKind kind)
    {
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(Direct with { SegmentBytes = WalOptions.SegmentBytesMin, SegmentsKept = 1 });
        log.Fill(30);
        Assert.NotEqual(0, log.Reclaim(new ReclaimLimits(log.DurableSequence, long.MaxValue, 0)).SegmentsRecycled);
        var former = log.FirstSequence;
        while (log.FirstSequence == former || disk.Segments.Count() > 1)
        {
            log.Fill(1);
            log.Reclaim(new ReclaimLimits(log.DurableSequence, long.MaxValue, 0));
        }
        var bytes = disk.Bytes(disk.Segments.Single());
        var end = (int)log.BytesBehind(log.FirstSequence - 1) + 4096;
        Assert.All(bytes[end..DirectPage.Whole(end)], value => Assert.Equal(0, value));
        Assert.Contains(bytes[DirectPage.Whole(end)..], value => value != 0);
    }

    [Fact]
    public void A_segment_that_was_cut_to_no_whole_pages_grows_by_its_seal_alone()
    {
        using var disk = TestDisk.CreateFilled(DiskKind.Real, 5);
        var segment = disk.Segments.Single();
        var length = WalOptions.SegmentBytesMin - 1000;
        disk.Put(segment, disk.Bytes(segment).AsSpan(0, length));
        using (var log = disk.Open(TestDisk.Small with { DirectWrites = true }))
        {
            while (disk.Segments.Count() == 1)
            {
                log.Fill(1, 300);
            }
        }
        Assert.Equal(length + SealBody.FrameBytes, disk.Bytes(segment).Length);
    }

    [Fact]
    public void Readers_through_the_page_cache_never_meet_what_it_held_before()
    {
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Direct with { TailBytes = 0 });
        using var close = log.OpenReader(1);
        using var behind = log.OpenReader(1);
        var random = new Random(4711);
        for (var number = 1; number <= 600; number++)
        {
            // Has the cache hold all there is, also behind the end, before it is written.
            disk.Bytes(disk.Segments.Last());
            var bytes = random.Next(50, 6000);
            log.Fill(1, bytes);
            AssertNext(close, number, bytes);
            if (number % 37 == 0)
            {
                Assert.Equal(number, behind.ReadAll().Records.Keys.Max());
                Assert.Equal(number, log.ReadAll().Records.Count);
            }
        }
        Assert.Null(log.Poison);
    }

    [Fact]
    public async Task A_reader_that_runs_beside_direct_writes_reads_each_record_as_it_was_written()
    {
        const int Records = 4000;
        using var disk = TestDisk.Create(DiskKind.Real);
        using var log = disk.Open(Direct with { TailBytes = 0 });
        var read = Task.Run(
            () =>
            {
                using var reader = log.OpenReader(1);
                for (var number = 1; number <= Records;)
                {
                    switch (reader.Read())
                    {
                        case WalReadStatus.Record:
                            Assert.Equal(number, reader.Sequence);
                            Assert.Equal(LogExtensions.Text(number, 200), System.Text.Encoding.UTF8.GetString(reader.Body));
                            number++;
                            break;
                        case WalReadStatus.Gap:
                            Assert.Fail($"{reader.Gap} at {number}");
                            break;
                    }
                }
            },
            TestContext.Current.CancellationToken);
        while (log.DurableSequence < Records && !read.IsCompleted)
        {
            log.Append(Enumerable.Range(0, 10).Select(at => LogExtensions.Text(log.NextSequence + at, 200)));
        }
        await read;
    }

    private static void AssertNext(WalReader reader, int number, int bytes)
    {
        Assert.Equal(WalReadStatus.Record, reader.Read());
        Assert.Equal(LogExtensions.Text(number, bytes), System.Text.Encoding.UTF8.GetString(reader.Body));
    }

    private static void AppendAll(WriteAheadLog log, int times)
    {
        for (var i = 0; i < times; i++)
        {
            foreach (var size in Sizes)
            {
                log.Fill(1, Math.Max(size, 20));
            }
        }
    }

    /// <summary>All files of a log with identities counted up, after a stop in order.</summary>
    private static string[] Content(WalOptions options)
    {
        var disk = new SimulatedDisk();
        var ids = 0UL;
        using (var log = WriteAheadLog.Open(disk.Mount(), options, () => ++ids))
        {
            AppendAll(log, 6);
            log.MarkClean();
        }
        return [.. disk.Files.Select(file => $"{file} {Convert.ToHexString(disk.ReadAll(file))}")];
    }
}
