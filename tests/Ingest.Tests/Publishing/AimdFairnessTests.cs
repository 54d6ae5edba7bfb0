using FsCheck;
using FsCheck.Fluent;
using Ingest.Publishing.Window;

namespace Ingest.Tests.Publishing;

/// <summary>Several windows before one bottleneck, in simulated time.</summary>
public sealed class AimdFairnessTests
{
    [Fact]
    public void Two_windows_on_one_bottleneck_come_to_a_fair_share_whatever_they_begin_with()
    {
        var bottlenecks = Gen.Choose(8, 48).SelectMany(capacity => Gen.Choose(1, 60).Select(head => (capacity, head)));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(bottlenecks.ToArbitrary(), choice =>
        {
            var simulation = new Bottleneck(choice.capacity, windows: 2);
            simulation.Run(rounds: choice.head * 5, active: 1);
            simulation.Run(rounds: 600, active: 2);
            simulation.Served.AsSpan().Clear();
            simulation.Run(rounds: 2000, active: 2);
            var (sum, squares) = (simulation.Served.Sum(), simulation.Served.Sum(served => served * served));
            var jain = sum * sum / (2 * squares);
            Assert.True(jain > 0.9, $"Jain {jain:0.000} at capacity {choice.capacity}");
        }));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(20)]
    [InlineData(48)]
    public void A_window_alone_uses_most_of_the_bottleneck(int capacity)
    {
        var simulation = new Bottleneck(capacity, windows: 1);
        simulation.Run(rounds: 200, active: 1);
        simulation.Served.AsSpan().Clear();
        simulation.Run(rounds: 1000, active: 1);
        Assert.True(simulation.Served[0] > 0.75 * capacity * 1000, $"{simulation.Served[0] / 1000:0.0} of {capacity} a round");
    }

    [Fact]
    public void When_the_capacity_is_halved_the_window_settles_within_twenty_round_trips()
    {
        var simulation = new Bottleneck(40, windows: 1);
        simulation.Run(rounds: 200, active: 1);
        simulation.Capacity = 20;
        simulation.Run(rounds: 20, active: 1);
        Assert.InRange(simulation.Windows[0].Exact, 8, 28);
        var queued = 0.0;
        for (var round = 0; round < 200; round++)
        {
            simulation.Run(rounds: 1, active: 1);
            queued = Math.Max(queued, simulation.Windows[0].Exact);
        }
        Assert.True(queued <= 30, $"the window came to {queued:0.0}");
    }

    /// <summary>
    /// Takes a number of flights a round trip; flights beyond that wait, which shows as latency, and beyond a little more are throttled.
    /// </summary>
    private sealed class Bottleneck(int capacity, int windows)
    {
        private static readonly TimeSpan Trip = TimeSpan.FromMilliseconds(50);
        private readonly Random _random = new(11);
        private TimeSpan _now;

        public int Capacity { get; set; } = capacity;

        public AimdWindow[] Windows { get; } =
            [.. Enumerable.Range(0, windows).Select(_ => new AimdWindow(new AimdOptions { LimitMax = 64 }))];

        public double[] Served { get; } = new double[windows];

        public void Run(int rounds, int active)
        {
            for (var round = 0; round < rounds; round++)
            {
                Round(active);
            }
        }

        private void Round(int active)
        {
            var flights = new List<(int Window, AimdDispatch BatchDelivery)>();
            for (var window = 0; window < active; window++)
            {
                while (Windows[window].CanDispatch)
                {
                    flights.Add((window, Windows[window].Dispatch(_now)));
                }
            }
            var order = flights.ToArray();
            _random.Shuffle(order);
            var takes = Capacity + (Capacity / 4);
            _now += Trip * Math.Max(1, Math.Min(order.Length, takes) / (double)Capacity);
            for (var i = 0; i < order.Length; i++)
            {
                var (window, flight) = order[i];
                if (i < takes)
                {
                    Windows[window].Succeeded(flight, _now);
                    Served[window]++;
                }
                else
                {
                    Windows[window].Congested(flight);
                }
            }
        }
    }
}
