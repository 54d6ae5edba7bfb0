using Ingest.Publishing.Window;

namespace Ingest.Tests.Publishing;

/// <summary>Windows before a broker that only gets slower and never says that it is too much.</summary>
public sealed class AimdQueueTests
{
    private static readonly AimdOptions Options = new();
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(3);

    private static int Histories =>
        int.TryParse(Environment.GetEnvironmentVariable("INGEST_TEST_HISTORIES"), out var asked) ? asked : 40;

    [Fact]
    public void When_the_capacity_is_halved_the_window_settles_within_twenty_round_trips_and_the_queue_stays_short()
    {
        for (var seed = 0; seed < Histories; seed++)
        {
            var drawn = Draw(seed);
            var window = new AimdWindow(Options);
            var way = TimeSpan.FromMilliseconds(drawn.WayMs);
            var broker = new QueueingBroker(drawn.Seed, window) { Way = way, Capacity = drawn.Fitting / way.TotalSeconds, Jitter = 0.1 };
            broker.Run(Long);

            broker.Capacity /= 2;
            broker.Run(20 * (way + TimeSpan.FromSeconds(drawn.Fitting / 2 / broker.Capacity)));

            // What fits on the way, and as much again that waits: twice the trip of a flight by itself.
            var alone = way + TimeSpan.FromSeconds(1 / broker.Capacity);
            var most = 2 * alone > alone + Options.QueueDelayMin ? 2 * alone : alone + Options.QueueDelayMin;
            broker.Forget();
            for (var look = 0; look < 200; look++)
            {
                broker.Run(way);
                Assert.InRange(window.Exact, 1, (1.5 * broker.Capacity * most.TotalSeconds) + 2);
            }
            Assert.True(broker.Mean < 1.25 * most, $"{drawn}: {broker.Mean} of {alone}");
            Assert.True(broker.Longest < 2.5 * most, $"{drawn}: {broker.Longest} of {alone}");
            Assert.True(broker.Served[0] > 0.9 * broker.Capacity * way.TotalSeconds * 200, $"{drawn}: {broker.Served[0]}");
        }
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(3)]
    public void Noise_alone_never_holds_a_window_down(double jitter)
    {
        foreach (var ms in (int[])[5, 50, 500])
        {
            for (var seed = 0; seed < 5; seed++)
            {
                var window = new AimdWindow(Options with { BandDeviations = double.PositiveInfinity });
                var broker = new QueueingBroker(seed, window) { Way = TimeSpan.FromMilliseconds(ms), Jitter = jitter };
                broker.Run(100 * broker.Way);
                broker.Forget();
                broker.Run(500 * broker.Way);
                var possible = 500.0 * Options.LimitMax / (1 + jitter);
                Assert.True(broker.Served[0] > 0.7 * possible, $"{ms} ms, seed {seed}: {broker.Served[0]} of {possible}");
            }
        }
    }

    [Fact]
    public void A_longer_way_is_taken_for_a_queue_only_until_the_window_has_looked()
    {
        for (var max = 2; max <= 64; max *= 2)
        {
            var window = new AimdWindow(Options with { LimitMax = max });
            var broker = new QueueingBroker(1, window) { Way = TimeSpan.FromMilliseconds(10) };
            broker.Run(TimeSpan.FromSeconds(10));
            Assert.Equal(max, window.Limit);

            broker.Way = TimeSpan.FromSeconds(2);
            broker.Run(60 * broker.Way);
            Assert.Equal(max, window.Limit);
            broker.Forget();
            broker.Run(40 * broker.Way);
            Assert.True(broker.Served[0] > 0.8 * 40 * max, $"{broker.Served[0]} with a window of {max}");

            broker.Way = TimeSpan.FromMilliseconds(10);
            broker.Run(TimeSpan.FromSeconds(3));
            Assert.Equal(max, window.Limit);
        }
    }

    [Fact]
    public void Who_comes_to_a_queue_that_stands_already_gets_a_fair_share_and_makes_it_little_longer()
    {
        for (var seed = 0; seed < Histories; seed++)
        {
            var drawn = Draw(seed);
            var windows = new[] { new AimdWindow(Options), new AimdWindow(Options) };
            var way = TimeSpan.FromMilliseconds(drawn.WayMs);
            var broker = new QueueingBroker(drawn.Seed, windows) { Way = way, Capacity = drawn.Fitting / way.TotalSeconds, Jitter = 0.1 };
            broker.Silence(1);
            broker.Run(Long);
            broker.Wake(1);
            broker.Run(3 * Long);

            broker.Forget();
            broker.Run(5 * Long);
            var (sum, squares) = (broker.Served.Sum(), broker.Served.Sum(served => (double)served * served));
            Assert.True((double)sum * sum / (2 * squares) > 0.8, $"{drawn}: {broker.Served[0]} and {broker.Served[1]}");
            var alone = way + TimeSpan.FromSeconds(1 / broker.Capacity);
            Assert.True(broker.Mean < (4 * alone) + Options.QueueDelayMin, $"{drawn}: {broker.Mean} of {alone}");
        }
    }

    [Fact]
    public void Larger_flights_that_take_longer_are_no_queue()
    {
        var window = new AimdWindow(Options with { LimitMax = 16, BandDeviations = double.PositiveInfinity });
        var random = new Random(3);
        var now = TimeSpan.Zero;
        for (var round = 0; round < 2_000; round++)
        {
            var flights = new List<(AimdDispatch BatchDelivery, TimeSpan Trip)>();
            while (window.CanDispatch)
            {
                var bytes = round % 10 == 0 ? 1 << 20 : random.Next(1, 1 << 20);
                flights.Add((window.Dispatch(now, bytes), TimeSpan.FromMilliseconds(20 + (bytes / 1_000.0))));
            }
            foreach (var (flight, trip) in flights.OrderBy(flight => flight.Trip))
            {
                window.Succeeded(flight, now + trip);
            }
            now += flights.Max(flight => flight.Trip);
            Assert.True(round < 50 || window.Limit == 16, $"round {round}: {window.Exact}");
        }
    }

    // A way of 100 ms to 1 s, and 4 to 24 flights that fit on it.
    private static (int WayMs, int Fitting, int Seed) Draw(int seed)
    {
        var random = new Random(seed);
        return (random.Next(100, 1001), random.Next(4, 25), seed);
    }
}
