using Ingest.Publishing.Breaker;
using Ingest.Publishing.Parking;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Publishing;

/// <summary>
/// A sink that asks to come back later is obeyed: as a whole while it takes nothing, and for what it refuses alone once it takes others.
/// </summary>
public sealed class LaneRetryAfterTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(8, 0)]
    [InlineData(8, 50)]
    public async Task A_sink_that_takes_nothing_is_asked_twice_more_with_little_before_its_time_is_over(int window, int keys)
    {
        var time = new FakeTime();
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = window, BatchEventsMax = 100 }, time);
        fixture.Options.RetryAfterMax = TimeSpan.FromDays(1);
        var sends = new List<(DateTimeOffset At, int Events)>();
        fixture.Sink.OnBatch = events => sends.Add((time.GetUtcNow(), events.Length));
        fixture.Sink.OnSend = (_, _) => Task.FromResult(ScriptedSink.All(VerdictKind.Congested, "overloaded", Long));
        fixture.Log.AppendMany(1000, keys);
        fixture.Start();
        await AdvanceUntilAsync(time, () => fixture.Sink.Sends == 1 + AskedWait.TrialsMax, TimeSpan.FromMilliseconds(20));
        await AdvanceUntilAsync(time, () => fixture.Sink.Sends > 1 + AskedWait.TrialsMax, TimeSpan.FromSeconds(30));
        Assert.All(sends[1..(1 + AskedWait.TrialsMax)], send => Assert.InRange(send.Events, 1, fixture.Options.ProbeEvents));
        Assert.All(sends[(1 + AskedWait.TrialsMax)..], send => Assert.True(send.At >= sends[0].At + Long, $"{send.At}"));
        Assert.Equal(0, fixture.Status.ParkedEvents);

        fixture.Sink.OnSend = null;
        await AdvanceUntilAsync(time, () => fixture.Status.Delivered == 1000, TimeSpan.FromMinutes(1));
        AssertOrderPerKey(fixture.Sink.Delivered);
    }

    [Theory]
    [InlineData("key", 1)]
    [InlineData("key", 8)]
    [InlineData("event", 8)]
    [InlineData("keyless event", 8)]
    public async Task One_that_is_refused_for_an_hour_keeps_no_other_waiting(string bad, int window)
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = window, BatchEventsMax = 500 });
        var refusing = true;
        fixture.Sink.OnSend = (events, _) => Task.FromResult(
            refusing && events.Any(seen => seen.Payload == "bad")
                ? ScriptedSink.All(VerdictKind.Congested, "overloaded", Long) : SinkResult.Delivered);
        for (var i = 1; i <= 300; i++)
        {
            var isBad = bad == "key" ? i % 10 == 4 : i == 104;
            fixture.Log.Append(isBad ? "bad" : "good", bad == "keyless event" ? "" : i % 10 == 4 ? "k-bad" : $"k-{i % 7}");
        }
        fixture.Start();
        var goods = bad switch
        {
            "key" => 270,
            // Those of its key behind it wait with it.
            "event" => 280,
            _ => 299,
        };
        await Poll.Until(
            "the others are delivered", () => fixture.Sink.Delivered.Select(seen => seen.Sequence).Distinct().Count() == goods);
        await fixture.Passed(300);
        await Poll.Until("the rest is parked", () => fixture.Status.ParkedEvents == 300 - goods);
        Assert.Contains(fixture.Status.Parked, stream => stream.Reason == "overloaded" && stream.SinceUnixMs > 0);
        var sends = fixture.Sink.Sends;

        fixture.Log.Append("another", "k-1");
        await Poll.Until("a later one goes at once", () => fixture.Sink.Sequences.Contains(301));
        // What was refused waits as long as it was asked for.
        Assert.Equal(sends + 1, fixture.Sink.Sends);
        refusing = false;
        await fixture.Lanes.ActOnParkedAsync(
            "test", new ParkedSelection(null, null), ParkedAction.Try, TestContext.Current.CancellationToken)!;
        await fixture.Settled(301);
        Assert.Equal(301, fixture.Status.Delivered);
        AssertOrderPerKey(fixture.Sink.Delivered);
    }

    [Fact]
    public async Task What_failed_otherwise_before_is_what_finds_out()
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 8, BatchEventsMax = 100 });
        var sends = 0;
        // The first batch fails as a whole, so that its parts wait; then one key is refused for an hour.
        fixture.Sink.OnSend = (events, _) => Task.FromResult(
            Interlocked.Increment(ref sends) == 1 ? ScriptedSink.All(VerdictKind.Retryable, "no answer")
            : events.Any(seen => seen.Key == "k-bad") ? ScriptedSink.All(VerdictKind.Congested, "overloaded", Long)
            : SinkResult.Delivered);
        foreach (var key in new[] { "k-bad", "k-1", "k-2", "k-3" })
        {
            fixture.Log.Append("x", key);
        }
        fixture.Start();
        await Poll.Until("the others are delivered", () => fixture.Sink.Delivered.Count == 3);
        await Poll.Until("the one is parked", () => fixture.Status.ParkedEvents == 1);
    }

    [Fact]
    public async Task A_sink_that_becomes_overloaded_while_one_key_is_sought_is_not_asked_for_each_part()
    {
        var time = new FakeTime();
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 8, BatchEventsMax = 500 }, time);
        fixture.Options.RetryAfterMax = TimeSpan.FromDays(1);
        var answers = new List<(DateTimeOffset At, bool Taken)>();
        // Takes two batches without the bad key after the first refusal, then nothing.
        fixture.Sink.OnSend = (events, cancel) =>
        {
            lock (answers)
            {
                var takes = events.All(seen => seen.Payload != "bad") && answers.Count(answer => answer.Taken) < 2;
                answers.Add((time.GetUtcNow(), takes));
                return Task.FromResult(takes ? SinkResult.Delivered : ScriptedSink.All(VerdictKind.Congested, "overloaded", Long));
            }
        };
        for (var i = 0; i < 400; i++)
        {
            fixture.Log.Append(i % 100 == 50 ? "bad" : "good", $"k-{i % 100}");
        }
        fixture.Start();
        await AdvanceUntilAsync(time, () => Answers().Exists(answer => answer.At > answers[0].At + Long), TimeSpan.FromSeconds(10));
        var all = Answers();
        var last = all.FindLastIndex(answer => answer.Taken);
        var refused = all[(last + 1)..].Where(answer => answer.At < all[last].At + Long).ToList();
        // What was split while it took others, and then the trials.
        Assert.InRange(refused.Count, 1, 2 + AskedWait.TrialsMax);

        List<(DateTimeOffset At, bool Taken)> Answers()
        {
            lock (answers)
            {
                return [.. answers];
            }
        }
    }

    [Fact]
    public void A_batch_sent_before_the_sink_asked_is_no_evidence()
    {
        var asked = new AskedWait();
        asked.Asked(TimeSpan.FromSeconds(5), lastNumber: 3, TimeSpan.Zero);
        asked.Delivered(3);
        Assert.Equal(TimeSpan.FromSeconds(5), asked.Until);
        asked.Delivered(4);
        Assert.Equal(TimeSpan.Zero, asked.Until);
    }

    [Fact]
    public void A_refused_trial_makes_the_wait_longer_and_allows_no_further_ones()
    {
        var asked = new AskedWait();
        asked.Asked(TimeSpan.FromSeconds(5), lastNumber: 1, TimeSpan.Zero);
        for (var trial = 0; trial < AskedWait.TrialsMax; trial++)
        {
            Assert.True(asked.MayTry);
            asked.Tried();
            asked.Asked(TimeSpan.FromSeconds(6 + trial), lastNumber: 2 + trial, TimeSpan.FromSeconds(1));
        }
        Assert.False(asked.MayTry);
        Assert.Equal(TimeSpan.FromSeconds(5 + AskedWait.TrialsMax), asked.Until);
        asked.Asked(TimeSpan.FromSeconds(20), lastNumber: 9, TimeSpan.FromSeconds(10));
        Assert.True(asked.MayTry);
    }

    private static async Task AdvanceUntilAsync(FakeTime time, Func<bool> condition, TimeSpan step) =>
        await Poll.Until("the lane comes so far", () =>
        {
            if (!condition())
            {
                time.Advance(step);
            }
            return condition();
        });

    private static void AssertOrderPerKey(IEnumerable<Seen> delivered)
    {
        foreach (var key in delivered.Where(seen => seen.Key.Length > 0).GroupBy(seen => seen.Key))
        {
            Assert.Equal(key.Select(seen => seen.Sequence).Order(), key.Select(seen => seen.Sequence));
        }
    }
}
