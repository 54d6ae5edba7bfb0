using System.Globalization;
using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Speed;
using Ingest.Publishing;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests.Chart;

/// <summary>
/// Draws docs/aimd.svg: <c>make chart</c>. A real lane with a backlog in front of a broker whose capacity is halved, whole again, gone and
/// back.
/// </summary>
public sealed class ChartTests(ITestOutputHelper output)
{
    private const string Topic = "aimd";
    private const int BytesPerSecond = 8_000_000;
    private const int PayloadBytes = 1000;
    private const int Events = 500_000;
    private const double ClippedAt = 1.3;
    private const int BatchBytes = 64 * 1024;
    private const int RoundTripsMax = 20;

    // So that an outage of seconds shows what one of minutes does.
    private static readonly PublishingOptions Impatient = new()
    {
        AttemptTimeout = TimeSpan.FromSeconds(3),
        ProbeTimeout = TimeSpan.FromSeconds(2),
        BreakerPauseMax = TimeSpan.FromSeconds(2),
    };

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    [Fact(Explicit = true)]
    public async Task A_capacity_drop_and_an_outage()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Mock.CreateTopicAsync(Topic, 1);
        var proxy = cluster.Proxies[0];
        proxy.Latency = TimeSpan.FromMilliseconds(2);
        proxy.BytesPerSecond = BytesPerSecond;
        var options = new KafkaOptions
        {
            BootstrapServers = cluster.Bootstraps,
            Topic = Topic,
            BatchBytesMax = BatchBytes,
            RequestTimeout = TimeSpan.FromSeconds(5),
        };
        using var backlog = new Backlog(Events, PayloadBytes);
        await using var lane = backlog.StartLane(
            id => new KafkaSink("aimd", options, _ => id, TimeProvider.System, NullLogger.Instance), Impatient);
        var course = new Course(lane);

        await course.PassAsync("full capacity", isBad: false, 12);
        proxy.BytesPerSecond = BytesPerSecond / 2;
        await course.PassAsync("half", isBad: true, 14);
        proxy.BytesPerSecond = BytesPerSecond;
        await course.PassAsync("full again", isBad: false, 12);
        await proxy.DownAsync();
        await course.PassAsync("broker down", isBad: true, 12);
        proxy.Up();
        await course.PassAsync("back", isBad: false, 16);

        var path = Path.Combine(SourceTree.Root, "docs", "aimd.svg");
        await File.WriteAllTextAsync(path, course.Draw().ToSvg(), TestContext.Current.CancellationToken);
        output.WriteLine(course.Describe(phase: 1));
        Assert.True(course.RoundTripsToSettle(phase: 1) <= RoundTripsMax, course.Describe(phase: 1));
    }

    private sealed class Course(RunningLane lane)
    {
        private readonly long _start = TimeProvider.System.GetTimestamp();
        private readonly List<Sample> _samples = [];
        private readonly List<(string Name, bool IsBad, double From, double To)> _phases = [];

        private double Now => TimeProvider.System.GetElapsedTime(_start).TotalSeconds;

        internal async Task PassAsync(string name, bool isBad, double seconds)
        {
            var from = Now;
            while (Now < from + seconds)
            {
                var status = lane.Status;
                _samples.Add(new Sample(Now, status.Window, status.InFlightBatches, status.RoundTripMs, status.Delivered));
                await Task.Delay(Look, TimeProvider.System, TestContext.Current.CancellationToken);
            }
            _phases.Add((name, isBad, from, Now));
        }

        /// <summary>Round trips from the start of a phase until the window stays within a third of where it comes to rest.</summary>
        internal int RoundTripsToSettle(int phase)
        {
            var samples = Of(phase);
            var (from, to) = (samples[0].At, samples[^1].At);
            var rest = samples.Where(sample => sample.At > from + ((to - from) / 2)).Average(sample => sample.Window);
            var last = samples.FindLastIndex(sample => sample.Window > rest * 4 / 3 + 1);
            // A round trip as it is at that time, so that slow ones count as one.
            return (int)samples.Take(last + 1).Sum(sample => Look.TotalMilliseconds / Math.Max(sample.RoundTripMs, 1));
        }

        internal string Describe(int phase)
        {
            var (before, samples) = (Of(phase - 1), Of(phase));
            static double Window(List<Sample> of) => of.TakeLast(100).Average(sample => sample.Window);
            static double RoundTrip(List<Sample> of) => of.TakeLast(100).Average(sample => sample.RoundTripMs);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"window {Window(before):F1} before, {Window(samples):F1} after, settled within {RoundTripsToSettle(phase)} round trips; "
                + $"round trip {RoundTrip(before):F0} ms before, at most {samples.Max(sample => sample.RoundTripMs):F0}, "
                + $"{RoundTrip(samples):F0} at the end");
        }

        internal LineChart Draw()
        {
            var chart = new LineChart("A lane's window through a capacity drop and an outage", Now);
            _phases.ForEach(phase => chart.AddPhase(phase.From, phase.To, phase.Name, phase.IsBad));
            // The probe that ends an outage has waited for all of it, and would leave nothing to be seen of the rest.
            var most = Enumerable.Range(0, 3).SelectMany(Of).Max(sample => sample.RoundTripMs) * ClippedAt;
            chart.AddPanel(
                "window", "batches", null,
                new Series("window", "a", Line(sample => sample.Window)),
                new Series("in flight", "b", Line(sample => sample.InFlight)));
            chart.AddPanel("latency", "ms", most, new Series("round trip, smoothed", "a", Line(sample => sample.RoundTripMs)));
            chart.AddPanel("throughput", "MB/s", null, new Series("delivered", "c", Throughput()));
            return chart;
        }

        private List<Sample> Of(int phase) =>
            [.. _samples.Where(sample => sample.At >= _phases[phase].From && sample.At < _phases[phase].To)];

        private List<(double, double)> Line(Func<Sample, double> value) => [.. _samples.Select(sample => (sample.At, value(sample)))];

        // Over a second, or the batches themselves would be seen.
        private List<(double, double)> Throughput()
        {
            const int Span = 20;
            return [.. _samples.Zip(_samples.Skip(Span)).Select(pair => (
                pair.Second.At,
                (pair.Second.Delivered - pair.First.Delivered) * (double)PayloadBytes / (pair.Second.At - pair.First.At) / 1e6))];
        }

        private sealed record Sample(double At, double Window, int InFlight, double RoundTripMs, long Delivered);
    }
}
