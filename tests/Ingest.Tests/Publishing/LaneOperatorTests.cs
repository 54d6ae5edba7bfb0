using Ingest.Publishing.Lanes;
using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Publishing;

/// <summary>What operators ask for while a parked event is being tried.</summary>
public sealed class LaneOperatorTests
{
    [Theory]
    [InlineData(ParkedAction.Drop, true, 1)]
    [InlineData(ParkedAction.DeadLetter, true, 1)]
    [InlineData(ParkedAction.Drop, false, 0)]
    [InlineData(ParkedAction.DeadLetter, false, 0)]
    public async Task A_parked_event_that_is_being_tried_is_given_up_when_its_attempt_fails_and_stays_delivered_when_not(
        ParkedAction action, bool fails, int given)
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 8, BatchEventsMax = 100 });
        fixture.Options.ParkedBackoffMin = fixture.Options.ParkedBackoffMax = TimeSpan.FromMilliseconds(20);
        var (isHeld, trying) = (false, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var attempt = new TaskCompletionSource<SinkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var refusal = new SinkResult(new SinkVerdict(VerdictKind.Retryable, "refused"));
        fixture.Sink.OnSend = (events, cancel) =>
        {
            if (!events.Any(seen => seen.Payload == "bad"))
            {
                return Task.FromResult(SinkResult.Delivered);
            }
            if (!Volatile.Read(ref isHeld))
            {
                return Task.FromResult(refusal);
            }
            trying.TrySetResult();
            return attempt.Task.WaitAsync(cancel);
        };
        fixture.Log.Append("bad", "k-bad");
        fixture.Log.AppendMany(20, 5);
        fixture.Start();
        await Poll.Until("it is parked alone", () => fixture.Status is { ParkedEvents: 1, Settled: 21 });
        Volatile.Write(ref isHeld, true);
        await trying.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        var asked = fixture.Lanes.ActOnParkedAsync("test", new ParkedSelection(null, [1]), action, TestContext.Current.CancellationToken)!;
        // A second command is taken after the first one, and answered at once: the first was seen by then.
        await fixture.Lanes.ActOnParkedAsync(
            "test", new ParkedSelection(null, [2]), ParkedAction.Try, TestContext.Current.CancellationToken)!;
        Assert.False(asked.IsCompleted);
        attempt.SetResult(fails ? refusal : SinkResult.Delivered);

        Assert.Equal(given, await asked);
        await Poll.Until("nothing waits", () => fixture.Status.ParkedEvents == 0);
        Assert.Equal((21 - given, given), (fixture.Status.Delivered, fixture.Status.DeadLettered));
        Assert.Equal(action == ParkedAction.DeadLetter ? given : 0, fixture.DeadLetters.Stored.Count);
    }

    /// <summary>Noting the drop moves the lane's accounts, after the position went back.</summary>
    [Fact]
    public async Task A_rewind_holds_that_is_asked_for_with_a_drop_of_a_parked_event()
    {
        const int Good = 20;
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 8, BatchEventsMax = 100 });
        var refusal = new SinkResult(new SinkVerdict(VerdictKind.Retryable, "refused"));
        fixture.Sink.OnSend = (events, _) =>
            Task.FromResult(events.Any(seen => seen.Payload == "bad") ? refusal : SinkResult.Delivered);
        for (var round = 0; round < 5; round++)
        {
            fixture.Log.Append("bad", "k-bad");
            fixture.Log.AppendMany(Good, 5);
            if (round == 0)
            {
                fixture.Start();
            }
            var (bad, last) = ((round * (Good + 1)) + 1, (round + 1) * (Good + 1));
            await Poll.Until("it is parked alone", () => fixture.Status is var now && now.ParkedEvents == 1 && now.Saved == last);
            var drop = fixture.Lanes.ActOnParkedAsync(
                "test", new ParkedSelection(null, [bad]), ParkedAction.Drop, TestContext.Current.CancellationToken)!;
            var rewind = fixture.Lanes.RewindAsync("test", bad + 1, TestContext.Current.CancellationToken);
            Assert.Equal(RewindStatus.Done, (await rewind).Status);
            await drop;
            await Poll.Until("they are sent again", () => fixture.Sink.Sequences.Count(sequence => sequence == last) == 2);
        }
    }
}
