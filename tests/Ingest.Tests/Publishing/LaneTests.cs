using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Publishing;

/// <summary>What every lane promises, over a real log on disk.</summary>
public sealed class LaneTests
{
    [Fact]
    public async Task What_is_in_the_log_is_delivered_in_order_and_the_cursor_follows()
    {
        await using var fixture = new LaneFixture();
        fixture.Log.AppendMany(500);
        fixture.Start();
        await fixture.Settled(500);
        fixture.Log.AppendMany(500);
        await fixture.Settled(1000);
        await Poll.Until("saved", () => fixture.Status.Saved == 1000);

        Assert.Equal(Enumerable.Range(1, 1000).Select(n => (long)n), fixture.Sink.Sequences);
        var status = fixture.Status;
        Assert.Equal((1000, 0, 0, 0), (status.Delivered, status.DeadLettered, status.Lost, status.PendingEvents));
        await fixture.Reaches(LaneState.Idle);
    }

    [Fact]
    public async Task A_restart_goes_on_behind_the_cursor_with_the_same_counts()
    {
        await using var fixture = new LaneFixture();
        fixture.Log.AppendMany(100, stream: "a");
        fixture.Log.AppendMany(50, stream: "b");
        fixture.Start();
        await fixture.Settled(150);
        await fixture.RestartAsync();
        fixture.Log.AppendMany(10, stream: "b");
        await fixture.Settled(160);

        Assert.Equal(Enumerable.Range(151, 10).Select(n => (long)n), fixture.Sink.Sequences);
        Assert.Equal([new("a", 100, 0), new("b", 60, 0)], fixture.Status.Streams);
    }

    [Fact]
    public async Task A_stop_saves_what_is_settled_and_not_what_was_read()
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 10 });
        fixture.Options.ParkAfterAttempts = 0;
        fixture.Sink.OnSend = (events, _) =>
            Task.FromResult(events[0].Sequence > 50 ? ScriptedSink.All(VerdictKind.Retryable) : SinkResult.Delivered);
        fixture.Log.AppendMany(100);
        fixture.Start();
        await fixture.Passed(50);
        await fixture.Reaches(LaneState.BackingOff);

        var settled = (int)fixture.Status.Settled;
        // Once it stands still: it tries again until then.
        await fixture.RestartAsync(() => fixture.Sink.OnSend = null);
        await fixture.Settled(100);
        Assert.Equal(Enumerable.Range(settled + 1, 100 - settled).Select(n => (long)n), fixture.Sink.Sequences.Order());
    }

    [Fact]
    public async Task Batches_keep_to_what_the_sink_takes_and_a_larger_event_goes_alone()
    {
        await using var fixture = new LaneFixture(new SinkTraits { BatchBytesMax = 10_000, BatchEventsMax = 7 });
        var sizes = new List<int>();
        fixture.Sink.OnBatch = events => sizes.Add(events.Length);
        fixture.Log.AppendMany(20);
        fixture.Log.Append("\"" + new string('x', 50_000) + "\"");
        fixture.Log.AppendMany(3);
        fixture.Start();
        await fixture.Settled(24);

        Assert.Equal([7, 7, 6, 1, 3], sizes);
    }

    [Fact]
    public async Task A_retryable_failure_is_tried_until_it_passes()
    {
        await using var fixture = new LaneFixture();
        var left = 5;
        fixture.Sink.OnSend = (_, _) => Task.FromResult(left-- > 0 ? ScriptedSink.All(VerdictKind.Retryable) : SinkResult.Delivered);
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled(10);

        Assert.Equal(Enumerable.Range(1, 10).Select(n => (long)n), fixture.Sink.Sequences.Order());
        Assert.Equal(5, fixture.Status.Attempts[VerdictKind.Retryable]);
    }

    [Fact]
    public async Task A_sink_that_throws_counts_as_retryable()
    {
        await using var fixture = new LaneFixture();
        var left = 2;
        fixture.Sink.OnSend = (_, _) => left-- > 0 ? throw new InvalidOperationException("no") : Task.FromResult(SinkResult.Delivered);
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled(10);

        Assert.Equal(2, fixture.Status.Attempts[VerdictKind.Retryable]);
    }

    [Fact]
    public async Task Rejected_events_are_dead_letters_before_they_settle_and_the_rest_goes_on()
    {
        await using var fixture = new LaneFixture();
        fixture.Sink.OnSend = (events, _) => Task.FromResult(new SinkResult(SinkVerdict.Delivered,
            [.. events.Select(seen => seen.Sequence % 10 == 0 ? new SinkVerdict(VerdictKind.Rejected, "tenth") : SinkVerdict.Delivered)]));
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.DeadLetters.BeforeStore = () => hold.Task;
        fixture.Log.AppendMany(100);
        fixture.Start();
        await Poll.Until("sent", () => fixture.Sink.Delivered.Count == 90);
        Assert.Equal(0, fixture.Status.Settled);
        hold.SetResult();
        await fixture.Settled(100);

        Assert.Equal(10, fixture.DeadLetters.Stored.Count);
        Assert.All(fixture.DeadLetters.Stored, letter => Assert.Equal("tenth", letter.Reason));
        Assert.Equal((90, 10), (fixture.Status.Delivered, fixture.Status.DeadLettered));
    }

    [Fact]
    public async Task Dead_letters_that_cannot_be_written_keep_their_events_pending()
    {
        await using var fixture = new LaneFixture();
        fixture.Sink.OnSend = (_, _) => Task.FromResult(ScriptedSink.All(VerdictKind.Rejected));
        var left = 3;
        fixture.DeadLetters.BeforeStore = () => left-- > 0 ? throw new IOException("disk full") : Task.CompletedTask;
        fixture.Log.AppendMany(5);
        fixture.Start();
        await fixture.Settled(5);

        Assert.Equal(5, fixture.DeadLetters.Stored.Count);
        Assert.Equal(4, fixture.Sink.Sends);
    }

    [Fact]
    public async Task A_blocked_sink_stops_the_lane_says_why_and_loses_nothing()
    {
        await using var fixture = new LaneFixture();
        var blocked = true;
        fixture.Sink.OnSend = (_, _) =>
            Task.FromResult(blocked ? ScriptedSink.All(VerdictKind.Blocked, "401 for the token") : SinkResult.Delivered);
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Reaches(LaneState.Blocked);
        Assert.Equal("401 for the token", fixture.Status.Reason);
        await Poll.Until("opened again", () => fixture.Sink.Opens > 2);
        blocked = false;
        await fixture.Settled(10);

        Assert.Equal(10, fixture.Status.Delivered);
        Assert.Empty(fixture.DeadLetters.Stored);
    }

    [Fact]
    public async Task An_operator_opens_a_blocked_sink_at_once()
    {
        await using var fixture = new LaneFixture();
        fixture.Options.BlockedMin = fixture.Options.BlockedMax = TimeSpan.FromHours(1);
        var blocked = true;
        fixture.Sink.OnOpen = _ =>
            Task.FromResult(blocked ? new SinkVerdict(VerdictKind.Blocked, "bad certificate") : SinkVerdict.Delivered);
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Reaches(LaneState.Blocked);
        blocked = false;
        Assert.True(fixture.Lanes.Resume("test"));
        await fixture.Settled(10);
    }

    [Fact]
    public async Task Records_that_are_no_events_are_counted_as_lost_and_stop_nothing()
    {
        await using var fixture = new LaneFixture();
        fixture.Log.AppendMany(10);
        fixture.Log.AppendGarbage();
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled(21);

        Assert.Equal((20, 1), (fixture.Status.Delivered, fixture.Status.Lost));
    }

    [Fact]
    public async Task While_draining_a_sink_is_asked_again_soon_whatever_it_asks_for()
    {
        await using var fixture = new LaneFixture();
        fixture.Log.AppendMany(10);
        var left = int.MaxValue;
        fixture.Sink.OnSend = (_, _) => Task.FromResult(Interlocked.Decrement(ref left) >= 0
            ? ScriptedSink.All(VerdictKind.Congested, retryAfter: TimeSpan.FromHours(1)) : SinkResult.Delivered);
        fixture.Start();
        await fixture.Reaches(LaneState.BackingOff);
        Volatile.Write(ref left, 2);
        Assert.True((await fixture.Lanes.DrainAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken)).IsEmpty);
    }

    [Fact]
    public async Task A_stopped_lane_says_so_when_it_is_to_be_rewound()
    {
        await using var fixture = new LaneFixture();
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled(10);
        var stopped = fixture.Lanes;
        await fixture.RestartAsync();
        var outcome = await stopped.RewindAsync("test", 1, TestContext.Current.CancellationToken);
        Assert.Equal(new RewindOutcome(RewindStatus.Stopped, "Lane test is stopped."), outcome);
    }

    [Fact]
    public async Task Draining_skips_the_waits_and_reports_what_is_left()
    {
        await using var fixture = new LaneFixture();
        fixture.Options.BackoffMin = fixture.Options.BackoffMax = TimeSpan.FromHours(1);
        var left = 1;
        fixture.Sink.OnSend = (_, _) => Task.FromResult(left-- > 0 ? ScriptedSink.All(VerdictKind.Retryable) : SinkResult.Delivered);
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Reaches(LaneState.BackingOff);
        var report = await fixture.Lanes.DrainAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.True(report.IsEmpty);
        Assert.Equal((LaneState.Drained, 10), (report.Lanes[0].State, report.Lanes[0].Saved));
    }

    [Fact]
    public async Task A_drain_with_a_dead_sink_ends_at_its_deadline_and_the_rest_stays()
    {
        await using var fixture = new LaneFixture();
        fixture.Sink.OnSend = (_, _) => Task.FromResult(ScriptedSink.All(VerdictKind.Retryable));
        fixture.Log.AppendMany(10);
        fixture.Start();
        var report = await fixture.Lanes.DrainAsync(TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);
        Assert.False(report.IsEmpty);
        Assert.Equal(10, report.Lanes[0].PendingEvents);

        await fixture.RestartAsync(() => fixture.Sink.OnSend = null);
        await fixture.Settled(10);
    }

    [Fact]
    public async Task A_rewind_delivers_again_and_counts_nothing_twice()
    {
        await using var fixture = new LaneFixture();
        fixture.Log.AppendMany(100);
        fixture.Start();
        await fixture.Settled(100);
        var outcome = await fixture.Lanes.RewindAsync("test", 41, TestContext.Current.CancellationToken);
        Assert.Equal(RewindStatus.Done, outcome.Status);
        await Poll.Until("delivered again", () => fixture.Sink.Delivered.Count == 160);
        await fixture.Settled(100);

        Assert.Equal((100, 60), (fixture.Status.Delivered, fixture.Status.Repeated));
        Assert.Equal(RewindStatus.OutOfRange, (await fixture.Lanes.RewindAsync("test", 102, TestContext.Current.CancellationToken)).Status);
        Assert.Equal(RewindStatus.UnknownLane, (await fixture.Lanes.RewindAsync("other", 1, TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task A_sink_that_hangs_is_left_behind_and_its_batch_is_sent_again()
    {
        await using var fixture = new LaneFixture();
        fixture.Options.AttemptTimeout = TimeSpan.FromMilliseconds(100);
        var never = new TaskCompletionSource<SinkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = true;
        fixture.Sink.OnSend = (_, _) =>
        {
            var hang = first;
            first = false;
            return hang ? never.Task : Task.FromResult(SinkResult.Delivered);
        };
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled(10);
        Assert.Equal(Enumerable.Range(1, 10).Select(n => (long)n), fixture.Sink.Sequences);
        never.SetResult(SinkResult.Delivered);
    }
}
