using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Probing;

/// <summary>
/// How long health takes while a node is busy, asked as a load balancer asks: at moments that have nothing to do with the events.
/// <see cref="HealthProbeTests"/> asks right after an event of its own, when everything of that commit group is answered at once.
/// </summary>
[Collection(Alone.Name)]
public sealed class HealthLatencyTests(ITestOutputHelper output)
{
    private const int Probes = 5000;
    private const int WarmProbes = 1000;
    private const double MillisecondsMax = 1;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    [Theory(Explicit = true)]
    [InlineData(5000)]
    [InlineData(0)]
    public async Task A_busy_node_answers_within_a_millisecond(int rate)
    {
        using var directory = new TemporaryDirectory();
        var setup = new IngestSetup { Data = directory["data"], Wrapper = Niceness.Wrapper };
        using var node = await IngestProcess.StartReadyAsync(setup);
        using var load = new BenchLoad(setup, rate);

        var took = new List<double>();
        var thread = new Thread(() => took = Ask(setup.IntakePort)) { Name = "health-latency" };
        thread.Start();
        await Poll.Until("all was asked", () => !thread.IsAlive, TimeSpan.FromMinutes(5));

        var latencies = new Latencies(took);
        var told = rate == 0 ? "as fast as answers come" : FormattableString.Invariant($"{rate} requests a second");
        output.WriteLine($"{told}: {latencies}");
        var p99 = latencies.At(0.99);
        Assert.True(p99 < MillisecondsMax, $"p99 {p99:F3} ms");
    }

    private static List<double> Ask(int port)
    {
        Niceness.PutAbove();
        using var connection = new BlockingConnection(port);
        using var never = new ManualResetEventSlim();
        var took = new List<double>(Probes);
        for (var probe = -WarmProbes; probe < Probes; probe++)
        {
            never.Wait(Pause);
            var start = TimeProvider.System.GetTimestamp();
            var (status, _, _) = connection.Ask(HealthProbe.Question);
            if (probe >= 0)
            {
                took.Add(status == 200 ? TimeProvider.System.GetElapsedTime(start).TotalMilliseconds : double.PositiveInfinity);
            }
        }
        return took;
    }
}
