using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Publishing;

/// <summary>One bad event, key or stream never stops the others, and nothing is set aside while the sink as a whole is down.</summary>
public sealed class LaneIsolationTests
{
    public static TheoryData<VerdictKind, VerdictScope, int, bool> Refusals()
    {
        var data = new TheoryData<VerdictKind, VerdictScope, int, bool>();
        foreach (var kind in new[] { VerdictKind.Retryable, VerdictKind.Congested, VerdictKind.Blocked })
        {
            foreach (var window in new[] { 1, 8 })
            {
                data.Add(kind, VerdictScope.Unknown, window, false);
                data.Add(kind, VerdictScope.Unknown, window, true);
            }
            data.Add(kind, VerdictScope.Stream, 8, true);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Others_are_delivered_while_one_is_refused_and_it_follows_when_it_is_taken(
        VerdictKind kind, VerdictScope scope, int window, bool ofStream)
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = window, BatchEventsMax = 100 });
        var refusing = true;
        fixture.Sink.OnSend = (events, _) => Task.FromResult(Answer(events, ofStream, () => refusing, kind, scope));
        AppendWorld(fixture, ofStream);
        fixture.Start();

        await fixture.Passed(30);
        await Poll.Until("others are delivered", () => fixture.Sink.Delivered.Count(IsGood) == 27);
        // What was parked beside the bad ones counts as delivered when the record that says so is durable.
        await Poll.Until("three are parked", () => fixture.Status.ParkedEvents == 3);
        var status = fixture.Status;
        Assert.True(IsBalanced(status), status.ToString());
        Assert.Equal(3, status.PendingEvents);
        Assert.Equal(3, status.Parked.Sum(stream => stream.Events));
        Assert.Contains(status.Parked, stream => stream.Reason == "refused" && stream.SinceUnixMs > 0);

        refusing = false;
        await fixture.Settled(30);
        Assert.Equal(30, fixture.Status.Delivered);
        Assert.Empty(fixture.DeadLetters.Stored);
        AssertOrderPerKey(fixture.Sink.Delivered);

        bool IsGood(Seen seen) => !seen.Payload.Contains("bad", StringComparison.Ordinal) && seen.Key != "k-bad";
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task A_sink_that_is_down_parks_nothing(int window)
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = window, BatchEventsMax = 50 });
        fixture.Options.BreakerAttemptsMin = 5;
        fixture.Options.BreakerPauseMin = TimeSpan.FromMilliseconds(500);
        var down = true;
        fixture.Sink.OnSend = (_, _) =>
            Task.FromResult(down ? ScriptedSink.All(VerdictKind.Retryable, "connection refused") : SinkResult.Delivered);
        fixture.Log.AppendMany(1000, 20);
        fixture.Start();
        await fixture.Reaches(LaneState.Open);
        var sends = fixture.Sink.Sends;
        await Poll.Until("some probes", () => fixture.Sink.Sends >= sends + 3);

        Assert.Equal(0, fixture.Status.ParkedEvents);
        Assert.Empty(fixture.DeadLetters.Stored);
        down = false;
        await fixture.Settled(1000);
        Assert.Equal(1000, fixture.Status.Delivered);
        AssertOrderPerKey(fixture.Sink.Delivered);
    }

    [Fact]
    public async Task An_event_that_comes_while_a_bad_one_waits_alone_is_delivered_at_once()
    {
        await using var fixture = new LaneFixture();
        fixture.Options.BreakerAttemptsMin = 5;
        fixture.Options.BreakerPauseMin = fixture.Options.BreakerPauseMax = TimeSpan.FromHours(1);
        fixture.Sink.OnSend = (events, _) =>
            Task.FromResult(Answer(events, false, () => true, VerdictKind.Retryable, VerdictScope.Unknown));
        fixture.Log.Append("bad", "k-bad");
        fixture.Start();
        await fixture.Reaches(LaneState.Open);
        fixture.Log.Append("good", "k");
        await Poll.Until("the good one", () => fixture.Sink.Sequences.Contains(2));
        await fixture.Passed(2);
        Assert.Equal(1, fixture.Status.ParkedEvents);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_blocked_stream_does_not_close_the_sink_for_others_that_failed_for_another_reason(bool keepsKeyOrder)
    {
        var traits = new SinkTraits { WindowMax = 4, BatchEventsMax = 3, KeepsKeyOrder = keepsKeyOrder };
        await using var fixture = new LaneFixture(traits);
        // Once blocked it would stay so.
        fixture.Options.BlockedMin = fixture.Options.BlockedMax = TimeSpan.FromHours(1);
        var sends = 0;
        fixture.Sink.OnSend = (events, _) => Task.FromResult(
            Interlocked.Increment(ref sends) <= 3 ? ScriptedSink.All(VerdictKind.Retryable, "no answer")
            : Answer(events, true, () => true, VerdictKind.Blocked, VerdictScope.Stream));
        AppendWorld(fixture, ofStream: true);
        fixture.Start();

        await Poll.Until("others are delivered", () => fixture.Sink.Delivered.Count(seen => seen.Payload == "good") == 27);
        await Poll.Until("three are parked", () => fixture.Status.ParkedEvents == 3);
    }

    [Fact]
    public async Task Parked_events_survive_a_restart_in_order_and_count_once()
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 8, BatchEventsMax = 100 });
        var refusing = true;
        fixture.Sink.OnSend = (events, _) =>
            Task.FromResult(Answer(events, false, () => refusing, VerdictKind.Retryable, VerdictScope.Unknown));
        AppendWorld(fixture, ofStream: false);
        fixture.Start();
        await fixture.Passed(30);
        await Poll.Until("parked", () => fixture.Status.ParkedEvents == 3);
        await Poll.Until("saved", () => fixture.Status.Saved == 30);

        await fixture.RestartAsync();
        await Poll.Until("parked again", () => fixture.Status is { ParkedEvents: 3, Parked.Count: > 0 });
        Assert.True(IsBalanced(fixture.Status), fixture.Status.ToString());
        Assert.Equal(27, fixture.Status.Delivered);
        refusing = false;
        await fixture.RestartAsync();
        await fixture.Settled(30);
        Assert.Equal(30, fixture.Status.Delivered);
        Assert.Equal(0, fixture.Status.Repeated);
        AssertOrderPerKey(fixture.Sink.Delivered);
    }

    [Fact]
    public async Task A_stream_with_many_parked_events_holds_up_no_other_and_follows_in_order()
    {
        const int Each = 10_000;
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 8, BatchEventsMax = 200 });
        var refusing = true;
        fixture.Sink.OnSend = (events, _) => Task.FromResult(
            Volatile.Read(ref refusing) && events.Any(seen => seen.Key.StartsWith("bad", StringComparison.Ordinal))
                ? Refuse(events, "bad") : SinkResult.Delivered);
        fixture.Start();
        for (var round = 0; round < 10; round++)
        {
            fixture.Log.AppendKeyed(Each / 10, n => $"bad-{n % 20}", "bad");
            fixture.Log.AppendMany(Each / 10, 20, "good");
        }

        await Poll.Until("others are delivered", () => fixture.Sink.Delivered.Count == Each);
        await Poll.Until("the stream is parked", () => fixture.Status is { ParkedEvents: Each, Settled: 2 * Each });
        Assert.True(IsBalanced(fixture.Status), fixture.Status.ToString());
        // Beside all that is parked, what comes now is delivered as ever.
        fixture.Log.AppendMany(1_000, 20, "good");
        await Poll.Until("what came later is delivered", () => fixture.Sink.Delivered.Count == Each + 1_000);

        Volatile.Write(ref refusing, false);
        await fixture.Settled(2 * Each + 1_000);
        Assert.Equal(2 * Each + 1_000, fixture.Status.Delivered);
        AssertOrderPerKey(fixture.Sink.Delivered);

        static SinkResult Refuse(Seen[] events, string key)
        {
            var refused = new SinkVerdict(VerdictKind.Blocked, "refused", Scope: VerdictScope.Stream);
            return new SinkResult(
                refused, [.. events.Select(seen => seen.Key.StartsWith(key, StringComparison.Ordinal) ? refused : SinkVerdict.Delivered)]);
        }
    }

    [Fact]
    public async Task Operators_list_try_move_and_drop_parked_events()
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 8, BatchEventsMax = 100 });
        fixture.Options.ParkedBackoffMin = fixture.Options.ParkedBackoffMax = TimeSpan.FromHours(1);
        var refusing = true;
        fixture.Sink.OnSend = (events, _) =>
            Task.FromResult(Answer(events, false, () => refusing, VerdictKind.Blocked, VerdictScope.Unknown));
        AppendWorld(fixture, ofStream: false);
        fixture.Start();
        await Poll.Until("parked", () => fixture.Status is { ParkedEvents: 3, Settled: 30 });
        var cancel = TestContext.Current.CancellationToken;
        var parked = fixture.Lanes.ListParked("test", stream: null, 0, 10)!;
        Assert.Equal([4, 14, 24], parked.Select(one => one.Sequence));
        await Poll.Until("the bad one failed alone", () => fixture.Lanes.ListParked("test", null, 0, 10)![0].NextTrySeconds > 60);

        Assert.Equal(1, await fixture.Lanes.ActOnParkedAsync("test", new ParkedSelection(null, [24]), ParkedAction.Drop, cancel)!);
        Assert.Equal(2, fixture.Status.ParkedEvents);
        Assert.Equal(1, await fixture.Lanes.ActOnParkedAsync("test", new ParkedSelection(null, [4]), ParkedAction.DeadLetter, cancel)!);
        Assert.Equal(4, Assert.Single(fixture.DeadLetters.Stored).Sequence);
        refusing = false;
        await fixture.Lanes.ActOnParkedAsync("test", new ParkedSelection("default", null), ParkedAction.Try, cancel)!;
        await fixture.Settled(30);
        Assert.Equal((28, 2), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        Assert.True(IsBalanced(fixture.Status), fixture.Status.ToString());
    }

    [Fact]
    public async Task An_attempt_limit_turns_parked_events_into_dead_letters()
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 8, BatchEventsMax = 100 });
        fixture.Options.ParkedAttemptsMax = 4;
        fixture.Sink.OnSend = (events, _) =>
            Task.FromResult(Answer(events, false, () => true, VerdictKind.Retryable, VerdictScope.Unknown));
        AppendWorld(fixture, ofStream: false);
        fixture.Start();
        await fixture.Settled(30);
        Assert.Equal((29, 1), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        Assert.All(fixture.DeadLetters.Stored, letter => Assert.StartsWith("given up after", letter.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_more_is_delivered_twice_after_a_crash_while_an_event_waits_than_between_two_saves()
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 10 });
        var hang = new TaskCompletionSource<SinkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Sink.OnSend = (events, cancel) =>
            events.Any(seen => seen.Key == "k-slow") ? hang.Task.WaitAsync(cancel) : Task.FromResult(SinkResult.Delivered);
        fixture.Log.Append("first", "k-slow");
        fixture.Start();
        await Poll.Until("it hangs", () => fixture.Status.InFlightBatches == 1);
        fixture.Log.AppendMany(2000, 50);
        var others = 0;
        await Poll.Until("others pass it, and all that may are delivered and saved", async () =>
        {
            var before = others;
            // A save shows nowhere while the position stands still; one comes with each interval.
            await Task.Delay(4 * fixture.Options.CursorInterval, TimeProvider.System, TestContext.Current.CancellationToken);
            others = fixture.Sink.Delivered.Count;
            return others == 2000 && others == before;
        });
        Assert.Equal(0, fixture.Status.Settled);
        var known = fixture.Sink.Delivered.Select(seen => seen.Sequence).ToHashSet();
        await fixture.RestartAsync();
        hang.TrySetResult(SinkResult.Delivered);
        await fixture.Settled(2001);
        Assert.DoesNotContain(fixture.Sink.Sequences, known.Contains);
        Assert.Equal(2001, known.Count + fixture.Sink.Delivered.Count);
    }

    private static void AppendWorld(LaneFixture fixture, bool ofStream)
    {
        for (var i = 1; i <= 30; i++)
        {
            var isBad = i % 10 == 4;
            if (ofStream)
            {
                fixture.Log.Append(isBad ? "bad" : "good", $"k-{i % 5}-{isBad}", isBad ? "bad" : "good");
            }
            else
            {
                fixture.Log.Append(i == 4 ? "bad" : "good", isBad ? "k-bad" : $"k-{i % 5}");
            }
        }
    }

    private static SinkResult Answer(Seen[] events, bool ofStream, Func<bool> refuses, VerdictKind kind, VerdictScope scope)
    {
        var refused = new SinkVerdict(kind, "refused", Scope: scope);
        if (!refuses() || !events.Any(seen => seen.Payload == "bad"))
        {
            return SinkResult.Delivered;
        }
        return ofStream && scope == VerdictScope.Stream
            ? new SinkResult(refused, [.. events.Select(seen => seen.Payload == "bad" ? refused : SinkVerdict.Delivered)])
            : new SinkResult(refused);
    }

    private static bool IsBalanced(LaneStatus status) =>
        Math.Max(status.Settled, status.HighWater) - status.Start
        == status.Delivered + status.DeadLettered + status.Lost + status.ParkedEvents;

    private static void AssertOrderPerKey(IEnumerable<Seen> delivered)
    {
        foreach (var key in delivered.Where(seen => seen.Key.Length > 0).GroupBy(seen => seen.Key))
        {
            Assert.Equal(key.Select(seen => seen.Sequence).Order(), key.Select(seen => seen.Sequence));
        }
    }
}
