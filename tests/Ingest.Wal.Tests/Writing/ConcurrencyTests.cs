using System.Text;
using Ingest.Wal.Reading;
using Ingest.Wal.Retention;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Writing;

/// <summary>
/// One thread commits, others read, prepare, reclaim and save cursors, over segments so small that all of it happens all the time.
/// </summary>
public sealed class ConcurrencyTests
{
    private const int Readers = 3;

    public static TheoryData<DiskKind> Disks => TestDisk.Kinds;

    [Theory, MemberData(nameof(Disks))]
    public async Task Readers_see_every_record_once_in_order_while_segments_come_and_go(DiskKind kind)
    {
        var total = kind == DiskKind.Real ? 3_000 : 30_000;
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(TestDisk.Small with { SegmentsAhead = 2, GroupBytesMax = 4096, TailCompared = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var positions = new long[Readers];
        var tasks = new List<Task>();
        for (var i = 0; i < Readers; i++)
        {
            var reader = i;
            tasks.Add(Run(() => ReadTo(log, total, position => Volatile.Write(ref positions[reader], position), stop.Token)));
        }
        var upkeep = Run(() => KeepUp(log, positions, stop.Token));
        var writer = Run(() => Write(log, total));
        await writer;
        await Task.WhenAll(tasks);
        await stop.CancelAsync();
        await upkeep;
        Assert.Null(log.Poison);
        Assert.Empty(log.Quarantined);
        log.Reclaim(new ReclaimLimits(total, long.MaxValue, 0));
        Assert.Single(disk.Segments);
    }

    [Theory, MemberData(nameof(Disks))]
    public async Task A_reader_that_is_left_behind_is_told_and_never_sees_bytes_of_another_lap(DiskKind kind)
    {
        var total = kind == DiskKind.Real ? 2_000 : 20_000;
        using var disk = TestDisk.Create(kind);
        using var log = disk.Open(TestDisk.Small with { SegmentsAhead = 2, GroupBytesMax = 4096, TailCompared = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task upkeep, writer;
        // Opened before anything is written: a reader begins with the oldest record there is, and that must be the first.
        using (var reader = log.OpenReader(1))
        {
            // Reclaims whatever is durable, whether it was read or not.
            upkeep = Run(() => KeepUp(log, null, stop.Token));
            writer = Run(() => Write(log, total));
            var expected = 1L;
            while (expected <= total)
            {
                switch (reader.Read())
                {
                    case WalReadStatus.Record:
                        Assert.Equal(expected, reader.Sequence);
                        AssertBody(reader);
                        expected++;
                        break;
                    case WalReadStatus.Gap:
                        Assert.True(reader.Gap.Reclaimed);
                        Assert.Equal(expected, reader.Gap.First);
                        expected += reader.Gap.Count;
                        break;
                    default:
                        await Task.Yield();
                        break;
                }
            }
        }
        await writer;
        await stop.CancelAsync();
        await upkeep;
        Assert.Empty(log.Quarantined);
    }

    private static Task Run(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Write(WriteAheadLog log, int total)
    {
        var random = new Random(1);
        for (var next = 1; next <= total;)
        {
            var count = Math.Min(random.Next(1, 20), total - next + 1);
            using var batch = LogExtensions.Batch(Enumerable.Range(next, count).Select(number => Text(number)));
            if (!log.TryAdd(batch, out _))
            {
                Assert.Equal(CommitOutcome.Committed, log.Commit(next));
                Assert.True(log.TryAdd(batch, out _));
            }
            next += count;
            if (random.Next(2) == 0)
            {
                Assert.Equal(CommitOutcome.Committed, log.Commit(next));
            }
        }
        Assert.Equal(CommitOutcome.Committed, log.Commit(total));
    }

    private static void ReadTo(WriteAheadLog log, int total, Action<long> settled, CancellationToken stop)
    {
        using var reader = log.OpenReader(1);
        for (var expected = 1L; expected <= total && !stop.IsCancellationRequested;)
        {
            var status = reader.Read();
            if (status == WalReadStatus.CaughtUp)
            {
                Thread.Yield();
                continue;
            }
            Assert.Equal(WalReadStatus.Record, status);
            Assert.Equal(expected, reader.Sequence);
            Assert.InRange(expected, 1, log.DurableSequence);
            AssertBody(reader);
            settled(expected++);
        }
    }

    private static void KeepUp(WriteAheadLog log, long[]? positions, CancellationToken stop)
    {
        using var cursor = log.OpenCursor("lane");
        while (!stop.IsCancellationRequested)
        {
            log.PrepareSegments();
            log.TrimTail();
            var settled = positions?.Select((_, index) => Volatile.Read(ref positions[index])).Min() ?? log.DurableSequence;
            cursor.Save(settled, default);
            log.Reclaim(new ReclaimLimits(settled, long.MaxValue, 0));
            Assert.InRange(log.FirstSequence, 1, settled + 1);
            log.FindSequence(settled);
            Assert.True(log.Bytes > 0);
        }
    }

    private static string Text(long number) => LogExtensions.Text(number, 20 + (int)(number % 300));

    private static void AssertBody(WalReader reader) => Assert.Equal(Text(reader.Sequence), Encoding.UTF8.GetString(reader.Body));
}
