using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Publishing;

/// <summary>How a lane behaves around its breaker: it stops knocking, lets flights settle, probes with little, starts slowly.</summary>
public sealed class LaneBreakerTests
{
    [Fact]
    public async Task A_dead_sink_opens_the_breaker_and_a_small_probe_closes_it()
    {
        await using var fixture = Fixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 100 });
        var dead = true;
        var sizes = new List<int>();
        fixture.Sink.OnBatch = events =>
        {
            lock (sizes)
            {
                sizes.Add(events.Length);
            }
        };
        fixture.Sink.OnSend = (_, _) => Task.FromResult(dead ? ScriptedSink.All(VerdictKind.Retryable, "refused") : SinkResult.Delivered);
        fixture.Log.AppendMany(2000);
        fixture.Start();
        await fixture.Reaches(LaneState.Open);
        Assert.Equal("refused", fixture.Status.Reason);
        await Poll.Until("a probe", () => fixture.Sink.Sends > 8);
        lock (sizes)
        {
            // Parts of a probe are tried as well, to find out whether one of its events is to blame.
            Assert.All(sizes.Skip(5), size => Assert.InRange(size, 1, fixture.Options.ProbeEvents));
        }
        dead = false;
        await fixture.Settled(2000);

        Assert.Equal(BreakerState.Closed, fixture.Status.Breaker);
        Assert.Equal(Enumerable.Range(1, 2000).Select(n => (long)n), fixture.Sink.Sequences.Order());
    }

    [Fact]
    public async Task No_probe_goes_while_an_earlier_flight_has_not_settled()
    {
        await using var fixture = Fixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 10, AttemptTimeout = Timeout.InfiniteTimeSpan });
        fixture.Options.BreakerFailureRatio = 0.01;
        var hang = new TaskCompletionSource<SinkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var mode = "good";
        fixture.Sink.OnSend = (_, _) => mode switch
        {
            "good" => Task.FromResult(SinkResult.Delivered),
            "hang" => Hang(),
            _ => Task.FromResult(ScriptedSink.All(VerdictKind.Retryable)),
        };
        fixture.Start();
        var events = 0;
        do
        {
            // A busy machine's latencies may shrink the window in between; two must fit.
            fixture.Log.AppendMany(400);
            await fixture.Settled(events += 400);
        }
        while (fixture.Status.Window < 2);

        mode = "hang";
        fixture.Log.AppendMany(400);
        await fixture.Reaches(LaneState.Open);
        var sends = fixture.Sink.Sends;
        await Poll.Until("the pause is over", () => fixture.Status.State == LaneState.Open && fixture.Status.InFlightBatches == 1);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Equal(sends, fixture.Sink.Sends);

        // Its late success does not close the breaker: only the probe does.
        mode = "good";
        hang.SetResult(SinkResult.Delivered);
        await fixture.Settled(events + 400);
        Assert.Equal(BreakerState.Closed, fixture.Status.Breaker);

        Task<SinkResult> Hang()
        {
            mode = "dead";
            return hang.Task;
        }
    }

    [Fact]
    public async Task A_probe_that_hangs_ends_and_the_lane_goes_on()
    {
        await using var fixture = Fixture(new SinkTraits());
        fixture.Options.ProbeTimeout = TimeSpan.FromMilliseconds(50);
        fixture.Options.AttemptGrace = TimeSpan.FromMilliseconds(50);
        var never = new TaskCompletionSource<SinkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var mode = 0;
        fixture.Sink.OnSend = (_, _) => mode switch
        {
            0 => Task.FromResult(ScriptedSink.All(VerdictKind.Retryable)),
            1 => never.Task,
            _ => Task.FromResult(SinkResult.Delivered),
        };
        fixture.Log.AppendMany(100);
        fixture.Start();
        await fixture.Reaches(LaneState.Open);
        mode = 1;
        await fixture.Reaches(LaneState.Probing);
        await fixture.Reaches(LaneState.Open);
        mode = 2;
        await fixture.Settled(100);

        Assert.Equal(Enumerable.Range(1, 100).Select(n => (long)n), fixture.Sink.Sequences.Order());
        never.SetResult(ScriptedSink.All(VerdictKind.Retryable));
    }

    [Fact]
    public async Task A_drain_probes_at_once()
    {
        await using var fixture = Fixture(new SinkTraits());
        fixture.Options.BreakerPauseMin = fixture.Options.BreakerPauseMax = TimeSpan.FromHours(1);
        var dead = true;
        fixture.Sink.OnSend = (_, _) => Task.FromResult(dead ? ScriptedSink.All(VerdictKind.Retryable) : SinkResult.Delivered);
        fixture.Log.AppendMany(100);
        fixture.Start();
        await fixture.Reaches(LaneState.Open);
        dead = false;
        Assert.True((await fixture.Lanes.DrainAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).IsEmpty);
    }

    [Fact]
    public async Task Stopping_while_the_breaker_is_open_loses_nothing()
    {
        await using var fixture = Fixture(new SinkTraits());
        fixture.Sink.OnSend = (_, _) => Task.FromResult(ScriptedSink.All(VerdictKind.Retryable));
        fixture.Log.AppendMany(100);
        fixture.Start();
        await fixture.Reaches(LaneState.Open);
        await fixture.RestartAsync(() => fixture.Sink.OnSend = null);
        await fixture.Settled(100);
    }

    /// <summary>Nothing else is left that could find out whether the sink is back.</summary>
    [Fact]
    public async Task An_open_breaker_closes_again_where_everything_that_is_left_is_parked()
    {
        const int Events = 40;
        await using var fixture = Fixture(new SinkTraits { WindowMax = 4, BatchEventsMax = 4, AcceptsOutOfOrder = true });
        const int Always = 1_000_000;
        const int LooksBetween = 100;
        const int LooksMax = 8 * LooksBetween;
        var (takes, looks) = (0, 0);
        fixture.Sink.OnSend = (_, _) => Task.FromResult(
            Interlocked.Decrement(ref takes) >= 0 ? SinkResult.Delivered : ScriptedSink.All(VerdictKind.Retryable, "refused"));
        fixture.Log.AppendMany(Events, keys: Events);
        fixture.Start();
        // Which batch is tried when decides whether it comes to that: about every other time. The lane has to settle all the same.
        await Poll.Until("all that is left is parked and the breaker is open", () =>
        {
            // Back for one attempt now and then: what failed before is taken for bad, and parked.
            Volatile.Write(ref takes, ++looks % LooksBetween == 0 ? 1 : 0);
            return looks >= LooksMax
                || (fixture.Status is { ParkedEvents: > 0, State: LaneState.Open } status && status.Settled >= Events);
        });
        TestContext.Current.SendDiagnosticMessage(looks < LooksMax ? "all that was left was parked" : "some waited in batches");

        Volatile.Write(ref takes, Always);
        await fixture.Settled(Events);
        await fixture.Reaches(LaneState.Idle);
        Assert.Equal(Events, fixture.Status.Delivered);
    }

    private static LaneFixture Fixture(SinkTraits traits)
    {
        var fixture = new LaneFixture(traits);
        fixture.Options.BreakerAttemptsMin = 4;
        fixture.Options.BreakerPauseMin = TimeSpan.FromMilliseconds(50);
        fixture.Options.BreakerPauseMax = TimeSpan.FromMilliseconds(100);
        return fixture;
    }
}
