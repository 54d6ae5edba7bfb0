using FsCheck;
using FsCheck.Fluent;
using Ingest.Publishing.Window;

namespace Ingest.Tests.Publishing;

/// <summary>What the window may and may not do, whatever happens to its flights.</summary>
public sealed class AimdWindowTests
{
    private static readonly Config Checked = Config.QuickThrowOnFailure.WithMaxTest(500);
    private static readonly TimeSpan Trip = TimeSpan.FromMilliseconds(20);

    /// <summary>What a step of a random history does; the number picks one of the flights under way, or a time.</summary>
    private static readonly Arbitrary<(int What, int Number)[]> Histories =
        Gen.ArrayOf(Gen.Choose(0, 9).SelectMany(what => Gen.Choose(0, 1000).Select(number => (what, number)))).ToArbitrary();

    [Fact]
    public void Any_history_keeps_the_window_within_its_bounds_and_its_permits_counted() =>
        Check.One(Checked, Prop.ForAll(Histories, history =>
        {
            var walk = new Walk(64);
            foreach (var (what, number) in history)
            {
                var step = walk.Step(what, number);
                Assert.True(double.IsFinite(step.After) && step.After is >= 1 and <= 64, $"limit {step.After}");
                Assert.Equal(walk.Flights.Count, walk.Window.InFlight);
                var most = walk.Window.IsProbing ? 1 : Math.Floor(step.After);
                Assert.Equal(!walk.Window.IsFrozen && walk.Window.InFlight < most, walk.Window.CanDispatch);
                Assert.True(walk.Window.SlowStartThreshold is >= 2 and <= 64);
            }
            walk.LandAll();
            Assert.Equal(0, walk.Window.InFlight);
        }));

    [Fact]
    public void The_window_grows_by_one_at_most_and_only_when_it_was_what_limited() =>
        Check.One(Checked, Prop.ForAll(Histories, history =>
        {
            var walk = new Walk(64);
            foreach (var (what, number) in history)
            {
                var step = walk.Step(what, number);
                if (step.After > step.Before)
                {
                    Assert.True(step is { Outcome: AimdOutcome.Succeeded, Landed: { } landed } && landed.Number <= walk.LimitedAt);
                    Assert.True(step.After - step.Before <= 1 + 1e-9);
                }
            }
        }));

    [Fact]
    public void The_window_shrinks_once_per_flight_by_no_more_than_its_factor_and_always_really() =>
        Check.One(Checked, Prop.ForAll(Histories, history =>
        {
            var walk = new Walk(64);
            var decreasedAt = 0L;
            foreach (var (what, number) in history)
            {
                var step = walk.Step(what, number);
                if (step.Restarted)
                {
                    decreasedAt = 0;
                }
                else if (step.After < step.Before)
                {
                    Assert.True(step.After >= Math.Max(step.Before * 0.7, 1) - 1e-9);
                    Assert.True(step.Signal > decreasedAt, $"flight {step.Signal} left before the decrease at {decreasedAt}");
                    decreasedAt = walk.Window.LastDispatched;
                }
                else if (step is { Outcome: AimdOutcome.Congested, Landed: { } landed } && landed.Number > decreasedAt && step.Counts)
                {
                    Assert.Equal(1, step.Before);
                    decreasedAt = walk.Window.LastDispatched;
                }
            }
        }));

    [Fact]
    public void Errors_that_are_not_congestion_change_nothing() =>
        Check.One(Checked, Prop.ForAll(Histories, history =>
        {
            var walk = new Walk(64);
            foreach (var (what, number) in history)
            {
                var step = walk.Step(what, number);
                if (step is { Outcome: AimdOutcome.Ignored, Landed: not null })
                {
                    Assert.Equal(step.Before, step.After);
                }
            }
        }));

    [Fact]
    public void A_frozen_window_dispatches_nothing_and_earlier_flights_only_give_their_permits_back() =>
        Check.One(Checked, Prop.ForAll(Histories, history =>
        {
            var walk = new Walk(64);
            foreach (var (what, number) in history)
            {
                walk.Step(what, number);
            }
            var before = walk.Window.Exact;
            walk.Window.Freeze();
            Assert.False(walk.Window.CanDispatch);
            walk.LandAll(AimdOutcome.Congested);
            walk.Window.Tick(walk.Now + TimeSpan.FromHours(1));
            Assert.Equal(before, walk.Window.Exact);
            walk.Window.Restart();
            Assert.Equal((1, Math.Max(2, before / 2)), (walk.Window.Exact, walk.Window.SlowStartThreshold));
        }));

    [Theory]
    [InlineData(64, 12)]
    [InlineData(8, 6)]
    [InlineData(2, 2)]
    public void Congestion_takes_the_largest_window_to_one_within_few_flights(int max, int flights)
    {
        var window = new AimdWindow(new AimdOptions { LimitMax = max });
        Grow(window);
        for (var i = 0; i < flights; i++)
        {
            window.Congested(window.Dispatch(TimeSpan.Zero));
        }
        Assert.Equal(1, window.Exact);
    }

    [Fact]
    public void Slow_start_doubles_per_round_trip_at_most_and_avoidance_adds_one()
    {
        var window = new AimdWindow(new AimdOptions { LimitMax = 64 });
        var now = TimeSpan.Zero;
        Round(window, ref now);
        Assert.Equal(2, window.Limit);
        for (var round = 0; round < 4; round++)
        {
            var before = window.Exact;
            Round(window, ref now);
            Assert.Equal(before * 2, window.Exact);
        }
        window.Congested(window.Dispatch(now));
        var threshold = window.SlowStartThreshold;
        Assert.Equal(32 * 0.7, threshold, 9);
        for (var round = 0; round < 20; round++)
        {
            var before = window.Exact;
            Round(window, ref now);
            Assert.InRange(window.Exact - before, 0.9, 1);
        }
    }

    [Fact]
    public void Success_alone_never_shrinks_a_window() =>
        Check.One(Checked, Prop.ForAll(Gen.ArrayOf(Gen.Choose(1, 64)).ToArbitrary(), rounds =>
        {
            var window = new AimdWindow(new AimdOptions { LimitMax = 64 });
            var now = TimeSpan.Zero;
            foreach (var wanted in rounds)
            {
                var before = window.Exact;
                var flights = Enumerable.Range(0, Math.Min(wanted, window.Limit)).Select(_ => window.Dispatch(now)).ToList();
                now += Trip;
                flights.ForEach(flight => window.Succeeded(flight, now));
                Assert.True(window.Exact >= before);
            }
        }));

    [Fact]
    public void A_flight_that_is_overdue_is_congestion_once()
    {
        var window = new AimdWindow(new AimdOptions { LimitMax = 64 });
        var now = TimeSpan.Zero;
        Grow(window, ref now);
        var stuck = window.Dispatch(now);
        Assert.Equal(stuck.Dispatched + TimeSpan.FromSeconds(1), window.NextTick);
        window.Tick(now + TimeSpan.FromSeconds(0.99));
        Assert.Equal(64, window.Exact);
        window.Tick(now + TimeSpan.FromSeconds(1));
        Assert.Equal(64 * 0.7, window.Exact, 9);
        window.Tick(now + TimeSpan.FromSeconds(60));
        Assert.Equal(64 * 0.7, window.Exact, 9);
        Assert.Null(window.NextTick);
        window.Congested(stuck);
        Assert.Equal(64 * 0.7, window.Exact, 9);
    }

    [Fact]
    public void Latency_that_leaves_its_band_shrinks_the_window_a_little_and_usual_jitter_does_not()
    {
        var window = new AimdWindow(new AimdOptions { LimitMax = 16 });
        var random = new Random(5);
        var now = TimeSpan.Zero;
        for (var i = 0; i < 2000; i++)
        {
            Fly(TimeSpan.FromMilliseconds(20 + (random.NextDouble() * 4)));
        }
        Assert.Equal(16, window.Exact);
        var slowed = Enumerable.Range(0, 20).Select(_ => Fly(TimeSpan.FromMilliseconds(60))).Min();
        Assert.InRange(slowed, 16 * 0.7, 16 * 0.95);

        double Fly(TimeSpan trip)
        {
            var flights = Enumerable.Range(0, window.Limit).Select(_ => window.Dispatch(now)).ToList();
            now += trip;
            flights.ForEach(flight => window.Succeeded(flight, now));
            return window.Exact;
        }
    }

    [Fact]
    public void A_flight_lands_once()
    {
        var window = new AimdWindow(new AimdOptions());
        var flight = window.Dispatch(TimeSpan.Zero);
        window.Ignored(flight);
        Assert.Throws<InvalidOperationException>(() => window.Ignored(flight));
    }

    private static void Round(AimdWindow window, ref TimeSpan now)
    {
        var at = now;
        var flights = Enumerable.Range(0, window.Limit).Select(_ => window.Dispatch(at)).ToList();
        now += Trip;
        at = now;
        flights.ForEach(flight => window.Succeeded(flight, at));
    }

    private static void Grow(AimdWindow window)
    {
        var now = TimeSpan.Zero;
        Grow(window, ref now);
    }

    private static void Grow(AimdWindow window, ref TimeSpan now)
    {
        for (var round = 0; round < 64; round++)
        {
            Round(window, ref now);
        }
    }

    /// <summary>A window and the flights under way, driven by numbers.</summary>
    private sealed class Walk(int max)
    {
        private int _generation;

        public AimdWindow Window { get; } = new(new AimdOptions { LimitMax = max });

        public List<AimdDispatch> Flights { get; } = [];

        public TimeSpan Now { get; private set; }

        /// <summary>The last dispatch that found half of the window in use.</summary>
        public long LimitedAt { get; private set; }

        public (double Before, double After, AimdDispatch? Landed, AimdOutcome Outcome, long Signal, bool Restarted, bool Counts) Step(
            int what, int number)
        {
            var before = Window.Exact;
            var oldest = Flights.Count == 0 ? 0 : Flights.Min(flight => flight.Number);
            AimdDispatch? landed = null;
            var (outcome, signal, restarted, counts) = (AimdOutcome.Ignored, 0L, false, !Window.IsFrozen);
            if (what <= 4)
            {
                for (var i = 0; i <= number % 8 && Window.CanDispatch; i++)
                {
                    var flight = Window.Dispatch(Now);
                    Flights.Add(flight);
                    LimitedAt = Flights.Count * 2 >= Window.Exact ? flight.Number : LimitedAt;
                }
            }
            else if (what <= 7 && Flights.Count > 0)
            {
                landed = Flights[number % Flights.Count];
                Flights.RemoveAt(number % Flights.Count);
                Now += TimeSpan.FromMilliseconds(number % 7);
                outcome = what == 5 ? AimdOutcome.Congested : what == 6 || number % 5 != 0 ? AimdOutcome.Succeeded : AimdOutcome.Ignored;
                signal = landed.Value.Number;
                counts &= landed.Value.Generation == _generation;
                Land(landed.Value, outcome);
            }
            else if (what == 8)
            {
                Now += TimeSpan.FromMilliseconds(number * 3);
                Window.Tick(Now);
                signal = oldest;
            }
            else if (number % 10 == 0)
            {
                Window.Freeze();
                Window.Restart();
                _generation += 2;
                restarted = true;
            }
            return (before, Window.Exact, landed, outcome, signal, restarted, counts);
        }

        public void LandAll(AimdOutcome outcome = AimdOutcome.Succeeded)
        {
            Flights.ForEach(flight => Land(flight, outcome));
            Flights.Clear();
        }

        private void Land(in AimdDispatch flight, AimdOutcome outcome)
        {
            switch (outcome)
            {
                case AimdOutcome.Succeeded:
                    Window.Succeeded(flight, Now);
                    break;
                case AimdOutcome.Congested:
                    Window.Congested(flight);
                    break;
                default:
                    Window.Ignored(flight);
                    break;
            }
        }
    }

    private enum AimdOutcome
    {
        Succeeded,
        Congested,
        Ignored,
    }
}
