using System.Runtime.InteropServices;
using Ingest.Health;
using Ingest.Queue;
using Ingest.Queue.Totals;
using Ingest.Simulation.Model;
using Ingest.Testing;
using Ingest.Tests.Intake;
using Ingest.Tests.Sinks.File;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Queue;

public sealed class LogUpkeepTests
{
    [Fact]
    public async Task The_request_after_the_commit_that_reached_the_limit_is_refused()
    {
        const int Limit = 3 * QueueFixture.SegmentBytes;
        using var fixture = new QueueFixture();
        // Time stands still: upkeep looks once, and then only when it is told to.
        await using var upkeep = new LogUpkeep(
            fixture.Log,
            fixture.Totals,
            fixture.Log.OpenCursor(LogUpkeep.TotalsCursor),
            new WalSettings { BytesMax = Limit, SegmentBytes = QueueFixture.SegmentBytes },
            fixture.Gate,
            settled: () => 0,
            keepFrom: () => long.MaxValue,
            freeBytes: () => long.MaxValue,
            new FakeTime(),
            NullLogger<LogUpkeep>.Instance);
        fixture.Queue.Committed = upkeep.AfterCommit;

        while (fixture.Gate.Current is null)
        {
            Assert.True(fixture.Log.BytesInUse <= Limit, $"{fixture.Log.BytesInUse} bytes in use, and the gate is open");
            await fixture.Queue.SubmitAsync(
                QueueFixture.Batch(new string('x', 100_000)), "s", TestContext.Current.CancellationToken);
        }

        Assert.Equal(RefusalCode.DiskPressure, fixture.Gate.Current!.Code);
        Assert.Equal(Limit + QueueFixture.SegmentBytes, fixture.Log.BytesInUse);
    }

    [Fact]
    public async Task Upkeep_that_goes_on_failing_says_so_once_a_minute()
    {
        using var temporary = new TemporaryDirectory();
        using var logs = new CollectedLogs();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(logs));
        var time = new FakeTime();
        var looks = 0;
        using var directory = WalDirectory.Open(temporary["wal"]);
        using var log = WriteAheadLog.Open(directory, new WalOptions { SegmentBytes = WalOptions.SegmentBytesMin });
        var totals = log.OpenCursor(LogUpkeep.TotalsCursor);
        Directory.Delete(temporary["wal"], recursive: true);
        await using var upkeep = new LogUpkeep(
            log,
            new StreamTotals(),
            totals,
            new WalSettings(),
            new AdmissionGate(),
            settled: () => Interlocked.Increment(ref looks),
            keepFrom: () => 0,
            freeBytes: () => 0,
            time,
            loggers.CreateLogger<LogUpkeep>());

        var told = new List<int>();
        foreach (var pause in Enumerable.Repeat(TimeSpan.FromMilliseconds(100), 20).Append(TimeSpan.FromMinutes(1)).Append(default))
        {
            await Poll.Until("it waits for its next look", () => Volatile.Read(ref looks) > told.Count && time.ArmedTimers > 0);
            told.Add(logs.Lines.Count(line => line.Contains("Keeping the log tidy failed", StringComparison.Ordinal)));
            time.Advance(pause);
        }
        // What fails is filling a segment, which the first look leaves to the next.
        Assert.Equal([0, .. Enumerable.Repeat(1, 20), 2], told);
    }

    [Fact]
    public async Task The_first_look_leaves_disk_and_processor_to_the_rest_of_a_start_and_the_next_makes_segments_ready()
    {
        using var fixture = new QueueFixture();
        var time = new FakeTime();
        var looks = 0;
        await using var upkeep = new LogUpkeep(
            fixture.Log,
            fixture.Totals,
            fixture.Log.OpenCursor(LogUpkeep.TotalsCursor),
            new WalSettings { SegmentBytes = QueueFixture.SegmentBytes },
            fixture.Gate,
            settled: () => Interlocked.Increment(ref looks),
            keepFrom: () => 0,
            freeBytes: () => long.MaxValue,
            time,
            NullLogger<LogUpkeep>.Instance);
        await Poll.Until("it looked", () => Volatile.Read(ref looks) == 1 && time.ArmedTimers > 0);
        Assert.Equal(0, fixture.Log.SegmentsReady);

        time.Advance(TimeSpan.FromMilliseconds(100));
        await Poll.Until("segments are ready", () => fixture.Log.SegmentsReady > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_room_is_short_a_save_is_asked_for_and_only_the_next_look_gives_back_what_no_file_has(bool isSaved)
    {
        using var fixture = new QueueFixture();
        while (fixture.Log.BytesInUse < 7 * QueueFixture.SegmentBytes)
        {
            var batch = QueueFixture.Batch(new string('x', 100_000));
            await fixture.Queue.SubmitAsync(batch, "s", TestContext.Current.CancellationToken);
        }
        var time = new FakeTime();
        var (looks, asked, keptFrom) = (0, 0, 1L);
        await using var upkeep = new LogUpkeep(
            fixture.Log,
            fixture.Totals,
            fixture.Log.OpenCursor(LogUpkeep.TotalsCursor),
            new WalSettings { BytesMax = 8 * QueueFixture.SegmentBytes, SegmentBytes = QueueFixture.SegmentBytes },
            fixture.Gate,
            settled: () =>
            {
                Interlocked.Increment(ref looks);
                return fixture.Log.DurableSequence;
            },
            keepFrom: () => Volatile.Read(ref keptFrom),
            freeBytes: () => long.MaxValue,
            time,
            NullLogger<LogUpkeep>.Instance,
            saveSoon: () => Interlocked.Increment(ref asked));
        await Poll.Until("it looked", () => Volatile.Read(ref looks) == 1 && time.ArmedTimers > 0);
        Assert.Equal((1, 1), (Volatile.Read(ref asked), fixture.Log.FirstSequence));

        Volatile.Write(ref keptFrom, isSaved ? long.MaxValue : 1);
        time.Advance(TimeSpan.FromMilliseconds(100));
        await Poll.Until("it gave back", () => fixture.Log.FirstSequence > 1);
        Assert.Equal(1, Volatile.Read(ref asked));
    }

    [Fact]
    public async Task Totals_are_saved_again_after_a_save_that_failed()
    {
        var fails = false;
        using var fixture = new QueueFixture(disk: real => new FailingDirectory(real)
        {
            Fail = (operation, name) => fails && operation == "write" && name.Contains(LogUpkeep.TotalsCursor, StringComparison.Ordinal)
                ? new StorageException(StorageFailure.Failed, "Input/output error", 5)
                : null,
        });
        await using var upkeep = new LogUpkeep(
            fixture.Log,
            fixture.Totals,
            fixture.Log.OpenCursor(LogUpkeep.TotalsCursor),
            new WalSettings { SegmentBytes = QueueFixture.SegmentBytes },
            fixture.Gate,
            settled: () => 0,
            keepFrom: () => long.MaxValue,
            freeBytes: () => long.MaxValue,
            new FakeTime(),
            NullLogger<LogUpkeep>.Instance);
        await fixture.Queue.SubmitAsync(QueueFixture.Batch("a", "b"), "s", TestContext.Current.CancellationToken);
        fails = true;
        upkeep.SaveTotals();
        fails = false;
        upkeep.SaveTotals();

        Assert.Equal(2, fixture.Log.ListCursors().Single(cursor => cursor.Name == LogUpkeep.TotalsCursor).Sequence);
    }

    [Fact]
    public async Task Memory_that_does_not_keep_events_is_told_of_though_the_disk_had_them()
    {
        Assert.SkipWhen(TailSizes.Tested == 0, "Nothing is kept in memory.");
        using var fixture = new QueueFixture();
        using var logs = new CollectedLogs();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(logs));
        using (var reader = fixture.Log.OpenReader(1))
        {
            await fixture.Queue.SubmitAsync(QueueFixture.Batch("a", "b"), "s", TestContext.Current.CancellationToken);
            Assert.Equal(WalReadStatus.Record, reader.Read());
            // In the memory of the log itself.
            MemoryMarshal.GetReference(reader.Body) ^= 1;
        }
        using (var again = fixture.Log.OpenReader(1))
        {
            Assert.Equal(WalReadStatus.Record, again.Read());
        }
        await using var upkeep = new LogUpkeep(
            fixture.Log,
            fixture.Totals,
            fixture.Log.OpenCursor(LogUpkeep.TotalsCursor),
            new WalSettings { SegmentBytes = QueueFixture.SegmentBytes },
            fixture.Gate,
            settled: () => 0,
            keepFrom: () => long.MaxValue,
            freeBytes: () => long.MaxValue,
            TimeProvider.System,
            loggers.CreateLogger<LogUpkeep>());

        await Poll.Until("it is told", () => logs.Lines.Any(line => line.Contains("wrong in memory, 1 times", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Upkeep_goes_on_after_an_exception_of_any_kind_and_opens_the_gate_again()
    {
        using var fixture = new QueueFixture();
        using var logs = new CollectedLogs();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(logs));
        fixture.Gate.Close(RefusalCode.DiskPressure, "as a commit does", LogUpkeep.GateOwner);
        var looks = 0;
        var upkeep = new LogUpkeep(
            fixture.Log,
            fixture.Totals,
            fixture.Log.OpenCursor(LogUpkeep.TotalsCursor),
            new WalSettings { SegmentBytes = QueueFixture.SegmentBytes },
            fixture.Gate,
            settled: () => Interlocked.Increment(ref looks) < 3 ? throw new InvalidOperationException("not yet") : 0,
            keepFrom: () => long.MaxValue,
            freeBytes: () => long.MaxValue,
            TimeProvider.System,
            loggers.CreateLogger<LogUpkeep>());

        await Poll.Until("the gate is open", () => fixture.Gate.Current is null);
        await upkeep.DisposeAsync();
        Assert.Single(logs.Lines, line => line.Contains("InvalidOperationException: not yet", StringComparison.Ordinal));
    }
}
