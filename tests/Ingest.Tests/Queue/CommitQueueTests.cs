using System.Diagnostics.Metrics;
using System.Globalization;
using Ingest.Health;
using Ingest.Queue;

namespace Ingest.Tests.Queue;

public sealed class CommitQueueTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_listener_of_metrics_that_throws_costs_the_measurement_and_not_the_log()
    {
        using var fixture = new QueueFixture();
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => throw new InvalidOperationException("The listener broke."));
        listener.EnableMeasurementEvents(fixture.Instruments.FlushDuration);

        var receipt = await fixture.Queue.SubmitAsync(QueueFixture.Batch("1"), "s", Cancel);

        Assert.Equal(CommitStatus.Durable, receipt.Status);
        Assert.Null(fixture.Gate.Current);
    }

    [Fact]
    public async Task An_answered_batch_is_on_disk_with_the_numbers_it_was_told()
    {
        using var fixture = new QueueFixture();
        var receipt = await fixture.Queue.SubmitAsync(QueueFixture.Batch("1", "2", "3"), "s", Cancel);
        Assert.Equal(new CommitReceipt(CommitStatus.Durable, 1, 3), receipt);
        Assert.Equal([(1, "1"), (2, "2"), (3, "3")], fixture.Stored());
    }

    [Fact]
    public async Task A_queue_that_was_closed_refuses_and_takes_batches_again_when_it_is_reopened()
    {
        using var fixture = new QueueFixture();
        var seen = 0;
        fixture.Queue.Committed = () => seen++;
        await fixture.Queue.SubmitAsync(QueueFixture.Batch("1"), "s", Cancel);

        await fixture.Queue.CloseAsync();
        Assert.True(fixture.Queue.IsClosed);
        Assert.Equal(CommitStatus.Closed, (await fixture.Queue.SubmitAsync(QueueFixture.Batch("x"), "s", Cancel)).Status);
        fixture.Queue.Reopen();
        fixture.Queue.Reopen();

        Assert.False(fixture.Queue.IsClosed);
        Assert.Equal(new CommitReceipt(CommitStatus.Durable, 2, 2), await fixture.Queue.SubmitAsync(QueueFixture.Batch("2"), "s", Cancel));
        // One object all along: who counts its commits or is told of them need not know that it was closed.
        Assert.Equal((2L, 2), (fixture.Queue.Groups, seen));
        Assert.Equal((0L, 0L), (fixture.Queue.Items, fixture.Queue.Bytes));
        Assert.Equal([(1, "1"), (2, "2")], fixture.Stored());
    }

    [Fact]
    public async Task Many_at_once_share_flushes_and_each_gets_numbers_of_its_own()
    {
        using var fixture = new QueueFixture();
        var answers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(async i =>
        {
            await Task.Yield();
            var payload = i.ToString(CultureInfo.InvariantCulture);
            return (payload, await fixture.Queue.SubmitAsync(QueueFixture.Batch(payload), "s", Cancel));
        }));
        var stored = fixture.Stored().ToDictionary(entry => entry.Sequence, entry => entry.Payload);
        Assert.Equal(2000, stored.Count);
        Assert.All(answers, answer => Assert.Equal(answer.payload, stored[answer.Item2.First]));
        Assert.True(fixture.Queue.Groups < 2000, $"{fixture.Queue.Groups} flushes for 2000 batches");
        Assert.Equal(0, fixture.Queue.Items);
        Assert.Equal(0, fixture.Queue.Bytes);
    }

    [Fact]
    public async Task No_request_ever_resumes_on_the_commit_thread()
    {
        using var fixture = new QueueFixture();
        var names = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ =>
        {
            await Task.Yield();
            await fixture.Queue.SubmitAsync(QueueFixture.Batch("1"), "s", Cancel).ConfigureAwait(false);
            return Thread.CurrentThread.Name;
        }));
        Assert.DoesNotContain("ingest-commit", names);
    }

    [Fact]
    public async Task A_batch_larger_than_the_whole_queue_still_gets_through_alone()
    {
        using var fixture = new QueueFixture(new QueueOptions { DepthBytes = 100 });
        var receipt = await fixture.Queue.SubmitAsync(QueueFixture.Batch(new string('7', 500)), "s", Cancel);
        Assert.Equal(CommitStatus.Durable, receipt.Status);
    }

    [Fact]
    public async Task A_batch_larger_than_a_segment_is_refused_and_the_next_one_is_not()
    {
        using var fixture = new QueueFixture();
        var large = await fixture.Queue.SubmitAsync(QueueFixture.Batch(new string('7', 2_000_000)), "s", Cancel);
        var small = await fixture.Queue.SubmitAsync(QueueFixture.Batch("1"), "s", Cancel);
        Assert.Equal(CommitStatus.TooLarge, large.Status);
        Assert.Equal(new CommitReceipt(CommitStatus.Durable, 1, 1), small);
    }

    [Fact]
    public async Task A_full_queue_refuses_after_the_admission_wait_and_stores_nothing()
    {
        using var disk = new StallingDisk();
        using var fixture = new QueueFixture(
            new QueueOptions { DepthBytes = 100, AdmissionWait = TimeSpan.FromMilliseconds(20) }, disk.Around);
        disk.Stall();
        var first = fixture.Queue.SubmitAsync(QueueFixture.Batch(new string('1', 100)), "s", Cancel).AsTask();
        var second = await fixture.Queue.SubmitAsync(QueueFixture.Batch("2"), "s", Cancel);
        Assert.Equal(CommitStatus.Overloaded, second.Status);
        disk.Resume();
        Assert.Equal(CommitStatus.Durable, (await first).Status);
        Assert.Single(fixture.Stored());
    }

    [Fact]
    public async Task A_request_that_waits_for_room_gets_it_when_the_disk_goes_on()
    {
        using var disk = new StallingDisk();
        using var fixture = new QueueFixture(
            new QueueOptions { DepthBytes = 100, AdmissionWait = TimeSpan.FromMinutes(1) }, disk.Around);
        disk.Stall();
        var first = fixture.Queue.SubmitAsync(QueueFixture.Batch(new string('1', 100)), "s", Cancel).AsTask();
        var second = fixture.Queue.SubmitAsync(QueueFixture.Batch("2"), "s", Cancel).AsTask();
        Assert.False(second.IsCompleted);
        disk.Resume();
        Assert.Equal(CommitStatus.Durable, (await first).Status);
        Assert.Equal(CommitStatus.Durable, (await second).Status);
    }

    [Fact]
    public async Task A_caller_that_gives_up_waiting_for_room_leaves_nothing_behind()
    {
        using var disk = new StallingDisk();
        using var fixture = new QueueFixture(
            new QueueOptions { DepthBytes = 100, AdmissionWait = TimeSpan.FromMinutes(1) }, disk.Around);
        disk.Stall();
        var first = fixture.Queue.SubmitAsync(QueueFixture.Batch(new string('1', 100)), "s", Cancel).AsTask();
        using var gone = new CancellationTokenSource();
        var second = fixture.Queue.SubmitAsync(QueueFixture.Batch("2"), "s", gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        disk.Resume();
        await first;
        Assert.Single(fixture.Stored());
        Assert.Equal(0, fixture.Queue.Items);
    }

    [Fact]
    public async Task Closing_commits_what_waits_and_refuses_what_comes_later()
    {
        using var disk = new StallingDisk();
        using var fixture = new QueueFixture(disk: disk.Around);
        disk.Stall();
        var waiting = Enumerable.Range(0, 50)
            .Select(_ => fixture.Queue.SubmitAsync(QueueFixture.Batch("1"), "s", Cancel).AsTask())
            .ToList();
        var closed = fixture.Queue.CloseAsync();
        var late = await fixture.Queue.SubmitAsync(QueueFixture.Batch("2"), "s", Cancel);
        Assert.Equal(CommitStatus.Closed, late.Status);
        Assert.False(closed.IsCompleted);
        disk.Resume();
        await closed;
        Assert.All(await Task.WhenAll(waiting), receipt => Assert.Equal(CommitStatus.Durable, receipt.Status));
        Assert.Equal(50, fixture.Stored().Count);
    }

    [Fact]
    public async Task A_failed_flush_acknowledges_nothing_then_and_ever_after()
    {
        using var disk = new StallingDisk();
        using var fixture = new QueueFixture(disk: disk.Around);
        Assert.Equal(CommitStatus.Durable, (await fixture.Queue.SubmitAsync(QueueFixture.Batch("1"), "s", Cancel)).Status);
        disk.FailFlushes();
        Assert.Equal(CommitStatus.LogFailed, (await fixture.Queue.SubmitAsync(QueueFixture.Batch("2"), "s", Cancel)).Status);
        await fixture.Queue.Ended;
        Assert.Equal(CommitStatus.LogFailed, (await fixture.Queue.SubmitAsync(QueueFixture.Batch("3"), "s", Cancel)).Status);
        Assert.Equal(RefusalCode.LogFailed, fixture.Gate.Current?.Code);
        Assert.Equal(1, disk.FlushesAfterFailure);
    }

    [Fact]
    public async Task A_group_that_finds_no_room_is_refused_and_later_ones_are_stored()
    {
        using var disk = new StallingDisk();
        using var fixture = new QueueFixture(disk: disk.Around);
        // More than half of a segment each: the second has to roll.
        var large = new string('x', (QueueFixture.SegmentBytes / 2) + 1024);
        Assert.Equal(CommitStatus.Durable, (await fixture.Queue.SubmitAsync(QueueFixture.Batch(large), "s", Cancel)).Status);
        disk.SetFull(true);
        Assert.Equal(CommitStatus.DiskFull, (await fixture.Queue.SubmitAsync(QueueFixture.Batch(large), "s", Cancel)).Status);
        Assert.Equal(RefusalCode.DiskPressure, fixture.Gate.Current?.Code);
        disk.SetFull(false);
        var receipt = await fixture.Queue.SubmitAsync(QueueFixture.Batch(large), "s", Cancel);

        Assert.Equal((CommitStatus.Durable, 2L), (receipt.Status, receipt.First));
        Assert.Equal([1L, 2L], fixture.Stored().Select(stored => stored.Sequence));
    }

    [Fact]
    public async Task Totals_count_what_was_promised_per_stream()
    {
        using var fixture = new QueueFixture();
        await fixture.Queue.SubmitAsync(QueueFixture.BatchOf("a", "1", "2"), "a", Cancel);
        await fixture.Queue.SubmitAsync(QueueFixture.BatchOf("b", "3"), "b", Cancel);
        await fixture.Queue.SubmitAsync(QueueFixture.BatchOf("a", "4"), "a", Cancel);
        var totals = fixture.Totals.Snapshot().ToDictionary(total => total.Stream, total => total.Events);
        Assert.Equal(3, totals["a"]);
        Assert.Equal(1, totals["b"]);
    }

    [Fact]
    public async Task Submitting_allocates_next_to_nothing_on_the_request_thread()
    {
        using var fixture = new QueueFixture();
        const int Rounds = 200;
        var allocated = 0L;
        for (var i = 0; i < 2 * Rounds; i++)
        {
            var batch = QueueFixture.Batch("1");
            var before = GC.GetAllocatedBytesForCurrentThread();
            var submitted = fixture.Queue.SubmitAsync(batch, "s", Cancel);
            // The first half fills the pools.
            allocated += i < Rounds ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
            await submitted;
        }
        Assert.InRange(allocated / Rounds, 0, 64);
    }
}
