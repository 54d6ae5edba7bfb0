using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;
using Ingest.Tests.Health.Memory;

namespace Ingest.Crash.Tests.Probing;

/// <summary>
/// Health says the truth through everything that changes it, and says it quickly, while the node is busy.
/// <c>checks/stress/health.sh</c> asks 10,000 times and more.
/// </summary>
[Collection(Alone.Name)]
public sealed class HealthProbeTests(ITestOutputHelper output)
{
    private const long Roomy = 1024L * 1024 * 1024;

    private readonly List<(string Fate, double Milliseconds)> _latencies = [];
    private readonly Dictionary<string, int> _seen = [];
    private readonly List<string> _wrong = [];
    private int _probes;

    [Fact]
    public async Task Health_is_never_wrong_while_the_node_drains_fills_runs_short_of_memory_and_fails()
    {
        await DrainsAndFullDisksAsync();
        await MemoryAsync();
        Report();
        Assert.Empty(_wrong);
        Assert.True(_probes >= Scale.HealthProbes, $"{_probes} probes");
    }

    private async Task DrainsAndFullDisksAsync()
    {
        using var disk = SmallDisk.Mount(mebibytes: 96);
        using var directory = new TemporaryDirectory();
        var setup = new IngestSetup { Data = Path.Combine(disk.Path, "data"), Wrapper = Niceness.Wrapper }.With(
            ("Wal:SegmentBytes", "4MiB"),
            ("Sinks:File:Directory", directory["out"]),
            ("Drain:BalancerDelay", "100ms"),
            ("Health:DiskFreeLow", "8MiB"),
            ("Health:DiskFreeHigh", "16MiB"),
            ("Health:SampleInterval", "100ms"),
            ("Health:Dwell", "0s"));
        using var node = await IngestProcess.StartReadyAsync(setup);
        using var admin = new AdminClient(setup);
        using var load = new BenchLoad(setup, Scale.HealthRate);
        using (var probe = new HealthProbe(setup))
        {
            while (probe.Probes < Scale.HealthProbes * 3 / 4)
            {
                await admin.PostAsync("/drain");
                await StateAsync(admin, "drained");
                await admin.PostAsync("/resume");
                await ReadyAgainAsync(node, probe);
                disk.Fill();
                await Poll.Until("the disk is a reason", async () => await node.ReadinessAsync() != System.Net.HttpStatusCode.OK);
                await AskedAsync(probe);
                disk.Free();
                await ReadyAgainAsync(node, probe);
            }
            await PoisonAsync(node);
            Take(probe);
        }
    }

    /// <summary>The limit of a running container is lowered to where its memory is too much of it, and raised again.</summary>
    private async Task MemoryAsync()
    {
        await using var group = LimitedGroup.TryCreate(Roomy, out var reason);
        if (group is null)
        {
            output.WriteLine($"memory is left out: {reason}");
        }
        using var directory = new TemporaryDirectory();
        var setup = new IngestSetup
        {
            Data = directory["data"],
            Wrapper = group is null
                ? Niceness.Wrapper
                : ["/bin/sh", "-c", "echo $$ > \"$0\" && nice -n -10 \"$@\"; exit $?", group.Processes],
        }.With(
            ("Health:SampleInterval", "100ms"),
            ("Health:Dwell", "300ms"),
            ("Health:MemoryRecheck", "1s"),
            ("Health:MemoryLow", "0.3"),
            ("Health:MemoryHigh", "0.4"));
        using var node = await IngestProcess.StartReadyAsync(setup);
        using var admin = new AdminClient(setup);
        using var load = new BenchLoad(setup, Scale.HealthRate);
        using var probe = new HealthProbe(setup);
        await ReadyAgainAsync(node, probe);
        for (var round = 0; group is not null && (round < 2 || _probes + probe.Probes < Scale.HealthProbes); round++)
        {
            await TightenAsync(group, node, admin);
            await AskedAsync(probe);
            group.Limit(Roomy);
            await ReadyAgainAsync(node, probe);
        }
        await Poll.Until("enough was asked", () => _probes + probe.Probes >= Scale.HealthProbes, TimeSpan.FromMinutes(5));
        Take(probe);
        Assert.Equal(0, group?.Killed ?? 0);
    }

    // Half of the limit is too much by the thresholds above, and leaves the kernel the room it needs. What is given back on the way there
    // makes the limit follow.
    private static async Task TightenAsync(LimitedGroup group, IngestProcess node, AdminClient admin)
    {
        var limit = Roomy;
        await Poll.Until("memory is a reason", async () =>
        {
            var memory = (await admin.StatusAsync()).GetProperty("memory");
            limit = Math.Min(limit, 2 * memory.GetProperty("anonymousBytes").GetInt64());
            group.Limit(limit);
            return await node.ReadinessAsync() != System.Net.HttpStatusCode.OK;
        });
    }

    /// <summary>The next flush fails: the log is poisoned and the process ends.</summary>
    private static async Task PoisonAsync(IngestProcess node)
    {
        Tracer.SkipWhereForbidden();
        using var tracer = Process.Start(new ProcessStartInfo(
            "/usr/bin/strace",
            [
                "-f", "-qq", "-p", node.Pid.ToString(CultureInfo.InvariantCulture), "-o", "/dev/null", "-e", "trace=fdatasync",
                "-e", "inject=fdatasync:error=EIO:when=1",
            ])
        { RedirectStandardError = true })!;
        var code = await node.ExitAsync(TimeSpan.FromSeconds(60));
        await tracer.WaitForExitAsync(CancellationToken.None);
        Assert.True(code is > 0 and < 128, $"exit code {code}\n{node.Output}");
    }

    private static async Task ReadyAgainAsync(IngestProcess node, HealthProbe probe)
    {
        await node.ReadyAsync();
        await AskedAsync(probe);
    }

    private static async Task AskedAsync(HealthProbe probe)
    {
        var goal = probe.Probes + 50;
        await Poll.Until("it was asked in this state", () => probe.Probes >= goal);
    }

    private static Task StateAsync(AdminClient admin, string state) => Poll.Until($"the node is {state}", async () =>
        (await admin.TryStatusAsync() is { ValueKind: JsonValueKind.Object } status) && status.GetProperty("state").GetString() == state);

    private void Take(HealthProbe probe)
    {
        probe.Stop();
        _probes += probe.Probes;
        _latencies.AddRange(probe.Latencies);
        _wrong.AddRange(probe.Wrong);
        foreach (var (fate, times) in probe.Seen)
        {
            _seen[fate] = _seen.GetValueOrDefault(fate) + times;
        }
    }

    private void Report()
    {
        output.WriteLine(FormattableString.Invariant(
            $"{_probes} probes under {Scale.HealthRate} requests a second; judged {_seen.Values.Sum()}, wrong {_wrong.Count}"));
        _wrong.Take(10).ToList().ForEach(output.WriteLine);
        foreach (var state in _latencies.GroupBy(latency => latency.Fate).Where(state => _seen.ContainsKey(state.Key)))
        {
            output.WriteLine($"  events {state.Key,-16} {Of(state)}");
        }
        output.WriteLine($"  all                     {Of(_latencies)}");
    }

    private static Latencies Of(IEnumerable<(string Fate, double Milliseconds)> latencies) =>
        new(latencies.Select(latency => latency.Milliseconds));
}
