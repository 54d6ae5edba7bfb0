using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Ingest.Tests.Sinks;

namespace Ingest.Tests.Publishing;

/// <summary>
/// Parked events have bounds, of a stream and of a lane, in events and in bytes: beyond them the lane waits and says so, nothing is lost,
/// and the sum is right at every look.
/// </summary>
public sealed class LaneParkingBoundTests
{
    private const int Bad = 40;
    private const int Good = 40;

    private const StringComparison Ordinal = StringComparison.Ordinal;

    [Theory]
    [InlineData("stream events", "stream bad1 has ")]
    [InlineData("stream bytes", "stream bad1 has ")]
    [InlineData("lane events", "the lane has ")]
    [InlineData("lane bytes", "the lane has ")]
    public async Task A_full_place_for_parked_events_is_not_overfilled_and_loses_nothing(string bound, string said)
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 16 });
        const int EventsMax = 7;
        var bytesMax = 0L;
        var refusing = true;
        fixture.Sink.OnSend = (events, _) => Task.FromResult(refusing && events.Any(seen => seen.Payload.StartsWith("bad", Ordinal))
            ? ScriptedSink.All(VerdictKind.Retryable, "refused") : SinkResult.Delivered);
        for (var i = 0; i < Bad; i++)
        {
            fixture.Log.Append($"good{i}", $"g{i % 5}");
            fixture.Log.Append($"bad{i}", $"b{i % 3}", bound.StartsWith("lane", Ordinal) ? $"bad{i % 2}" : "bad1");
        }
        switch (bound)
        {
            case "stream events":
                fixture.Options.ParkedStreamEventsMax = EventsMax;
                break;
            case "stream bytes":
                fixture.Options.ParkedStreamBytesMax = bytesMax = 500;
                break;
            case "lane events":
                fixture.Options.ParkedEventsMax = EventsMax;
                break;
            default:
                fixture.Options.ParkedBytesMax = bytesMax = 500;
                break;
        }
        fixture.Start();

        var most = 0L;
        await Poll.Until("it says that it is full", SaysSo);
        Assert.InRange(most, 1, bytesMax > 0 ? bytesMax : EventsMax);

        await fixture.RestartAsync();
        await Poll.Until("it is full again", SaysSo);

        // Room again: an operator drops one that is not being tried at this moment.
        var parked = fixture.Lanes.ListParked("test", null, 0, 1)![0].Sequence;
        await Poll.Until("it is dropped", async () => IsRight() && await fixture.Lanes.ActOnParkedAsync(
            "test", new ParkedSelection(null, [parked]), ParkedAction.Drop, TestContext.Current.CancellationToken)! == 1);

        refusing = false;
        await fixture.Settled(Bad + Good);
        Assert.Equal((Bad + Good - 1, 1), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        Assert.InRange(most, 1, bytesMax > 0 ? bytesMax : EventsMax);

        // Looked at once: while an attempt is under way the lane has nothing to say. Those that fill the place may still be on their way.
        bool SaysSo() => IsRight() && most > 0 && fixture.Status.Reason is var reason && reason.Contains(said, Ordinal)
            && reason.Contains("until then the lane waits", Ordinal);

        bool IsRight()
        {
            var status = fixture.Status;
            most = Math.Max(most, bytesMax > 0 ? status.Parked.Sum(stream => stream.Bytes) : status.ParkedEvents);
            Assert.Equal(
                Math.Max(status.Settled, status.HighWater) - status.Start,
                status.Delivered + status.DeadLettered + status.Lost + status.ParkedEvents);
            return true;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Later_events_of_a_parked_key_wait_with_it_unless_the_setting_lets_them_overtake(bool overtakes)
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 16 });
        fixture.Options.ParkedOvertake = overtakes;
        fixture.Options.ParkedBackoffMin = fixture.Options.ParkedBackoffMax = TimeSpan.FromHours(1);
        var refusing = true;
        fixture.Sink.OnSend = (events, _) => Task.FromResult(refusing && events.Any(seen => seen.Payload == "bad")
            ? ScriptedSink.All(VerdictKind.Retryable, "refused") : SinkResult.Delivered);
        fixture.Log.Append("bad", "k");
        fixture.Log.Append("good", "other");
        fixture.Start();
        await Poll.Until("the bad one is parked", () => fixture.Status is { ParkedEvents: 1, Settled: 2 });

        fixture.Log.Append("later", "k");
        fixture.Log.Append("good", "other");
        await fixture.Passed(4);
        await Poll.Until("the other key's", () => fixture.Sink.Sequences.Contains(4));
        await Poll.Until("the later one", () => fixture.Status.ParkedEvents == (overtakes ? 1 : 2));
        Assert.Equal(overtakes, fixture.Sink.Sequences.Contains(3));

        refusing = false;
        await fixture.Lanes.ActOnParkedAsync(
            "test", new ParkedSelection(null, null), ParkedAction.Try, TestContext.Current.CancellationToken)!;
        await fixture.Settled(4);
        Assert.Equal(4, fixture.Status.Delivered);
        Assert.Equal(overtakes ? [3, 1] : [1, 3], fixture.Sink.Delivered.Where(seen => seen.Key == "k").Select(seen => seen.Sequence));
    }

    /// <summary>What became of it was answered; the position that passed it was not saved when the process died.</summary>
    [Fact]
    public Task A_parked_event_that_an_operator_gave_up_does_not_come_back_after_a_crash() =>
        CrashAfterAsync(ParkedAction.Drop, async fixture =>
        {
            await fixture.Settled(3);
            Assert.Equal((2, 1), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        });

    /// <summary>Void is its letter, as all are that the saved position has not passed: without it the event would be lost.</summary>
    [Fact]
    public Task A_parked_event_that_was_moved_to_the_dead_letters_is_pending_again_after_a_crash() =>
        CrashAfterAsync(ParkedAction.DeadLetter, async fixture =>
        {
            await fixture.Passed(3);
            await Poll.Until("it is parked again", () => fixture.Status.ParkedEvents == 1);
            Assert.Equal((2, 0), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        });

    private static async Task CrashAfterAsync(ParkedAction action, Func<LaneFixture, Task> check)
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 16 });
        fixture.Options.CursorInterval = TimeSpan.FromHours(1);
        fixture.Options.ParkedBackoffMin = fixture.Options.ParkedBackoffMax = TimeSpan.FromHours(1);
        fixture.Sink.OnSend = (events, _) => Task.FromResult(events.Any(seen => seen.Payload == "bad")
            ? ScriptedSink.All(VerdictKind.Retryable, "refused") : SinkResult.Delivered);
        fixture.Log.Append("good", "other");
        fixture.Log.Append("bad", "k");
        fixture.Log.Append("good", "other");
        fixture.Start();
        await Poll.Until("the bad one is parked", () => fixture.Status is { ParkedEvents: 1, Settled: 3 });
        var cursor = await File.ReadAllBytesAsync(fixture.Log.CursorFile("test"), TestContext.Current.CancellationToken);
        // One that is being tried at this moment is not given up.
        await Poll.Until("it is given up", async () => await fixture.Lanes.ActOnParkedAsync(
            "test", new ParkedSelection(null, [2]), action, TestContext.Current.CancellationToken)! == 1);

        for (var crash = 0; crash < 2; crash++)
        {
            await fixture.RestartAsync(() => File.WriteAllBytes(fixture.Log.CursorFile("test"), cursor));
            await check(fixture);
            Assert.DoesNotContain(2, fixture.Sink.Sequences);
        }
    }

    [Fact]
    public async Task Of_requeued_dead_letters_only_the_bad_one_comes_back()
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 16, AcceptsOutOfOrder = true });
        fixture.Sink.OnSend = (events, _) => Task.FromResult(events.Any(seen => seen.Payload == "bad")
            ? ScriptedSink.All(VerdictKind.Retryable, "refused") : SinkResult.Delivered);
        fixture.Start();
        var requeued = fixture.Lanes.RequeueAsync("test", FiveLetters(), null, TestContext.Current.CancellationToken)!;
        // Others are delivered meanwhile: that is what shows that the sink is not to blame.
        await Poll.Until("it ends", () =>
        {
            fixture.Log.Append("good", "g");
            return requeued.IsCompleted;
        });
        var verdicts = (await requeued).ToDictionary(one => one.Sequence, one => one.Verdict.Kind);
        Assert.Equal([3], verdicts.Where(one => one.Value == VerdictKind.Rejected).Select(one => one.Key));
        Assert.Equal(4, verdicts.Count(one => one.Value == VerdictKind.Delivered));
    }

    // The third is the bad one.
    private static EventBatch FiveLetters() => TestEvents.Batch(
        1, [.. Enumerable.Range(1, 5).Select(n => TestEvents.Body(n == 3 ? "bad" : "good", $"letter-{n}"))]);
}
