using System.Globalization;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Fleet;

/// <summary>
/// Three real nodes behind the balancer of deploy/, producers in front that try nothing again: what a rollout and a dead node cost them.
/// Small and short here; <c>make fleet</c> runs the same at 5,000 requests a second for a minute.
/// </summary>
[Collection(Alone.Name)]
public sealed class FleetTests(ITestOutputHelper output)
{
    private const int Victim = 1;

    private static readonly string[] Order =
        ["balancer_delay", "refusing", "finishing", "committing", "delivering", "saving", "drained"];

    // A balancer needs 1.3 s to see that a node is not ready, and more on a machine with too much to do.
    private const string BalancerDelay = "5s";

    // The balancer reads the end of a connection within one round of its loop, which has to wait for a processor here: for how long is a
    // matter of the machine, and looked at strictly only where the load runs for a time of its own.
    private static TimeSpan NoticeMax => TimeSpan.FromSeconds(Scale.FleetTime > TimeSpan.Zero ? 0.5 : 5);

    [Fact]
    public async Task Restarted_in_turn_under_load_no_request_fails_and_no_event_is_lost()
    {
        await using var fleet = new NodeFleet(output, BalancerDelay);
        await fleet.StartAsync();
        var start = TimeProvider.System.GetTimestamp();
        await fleet.AcceptsAsync(100);
        for (var node = 0; node < fleet.Nodes.Count; node++)
        {
            await DrainInOrderAsync(fleet, node);
            await fleet.RestartAsync(node);
        }
        await UntilAsync(start);
        await fleet.StopLoadAsync();
        await fleet.StopNodesAsync();

        var report = fleet.Judge();
        output.WriteLine(report.Proof(fleet.Nodes.Count).ToString());
        Assert.True(report.Failed.Count == 0, Examples(report.Failed));
        Assert.Equal((0, 0, 0), (report.Lost, report.Duplicates, report.Unexpected));
    }

    [Fact]
    public async Task A_node_killed_under_load_costs_its_requests_under_way_and_its_events_are_adopted_once()
    {
        await using var fleet = new NodeFleet(output, BalancerDelay);
        // Nothing it has acknowledged is delivered when it dies: all of it has to come out of its log.
        await File.WriteAllTextAsync(fleet.Out(Victim), "in the way", TestContext.Current.CancellationToken);
        await fleet.StartAsync();
        var start = TimeProvider.System.GetTimestamp();
        await fleet.AcceptsAsync(Scale.FleetRate * 2);

        var killAt = TimeProvider.System.GetTimestamp();
        await fleet.Nodes[Victim].KillAsync();
        var killedAt = TimeProvider.System.GetTimestamp();
        await fleet.AcceptsAsync(Scale.FleetRate);
        File.Delete(fleet.Out(Victim));
        var adopters = await Task.WhenAll(AdoptAsync(fleet), AdoptAsync(fleet));
        output.WriteLine($"two tried to adopt at once: {string.Join(" | ", adopters.Select(adopter => adopter.ToString()))}");
        var adopted = FleetReport.Ids(fleet.Out(Victim)).Count;
        await fleet.RestartAsync(Victim);
        await UntilAsync(start);
        await fleet.StopLoadAsync();
        await fleet.StopNodesAsync();

        var report = fleet.Judge();
        output.WriteLine(report.Proof(injections: 1).ToString());
        // What the balancer passes on to a node that is dead, before it has looked at the connection again, is under way to it as well.
        var noticedAt = killedAt + (long)(NoticeMax.TotalSeconds * TimeProvider.System.TimestampFrequency);
        var underWay = fleet.Journal.Requests.Where(request => request.DueAt <= noticedAt && request.EndedAt >= killAt).ToHashSet();
        var late = report.Failed.Select(request => request.DueAt - killedAt).Where(after => after > 0).DefaultIfEmpty().Max();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"failed {report.Failed.Count}, the last of them due {TimeProvider.System.GetElapsedTime(0, late).TotalMilliseconds:F1} ms "
            + $"after the node was gone; adopted {adopted} events"));
        Assert.True(report.Failed.All(underWay.Contains), Examples(report.Failed.Where(request => !underWay.Contains(request))));
        Assert.Equal((0, 0, 0), (report.Lost, report.Duplicates, report.Unexpected));
        Assert.True(adopted > 0);
        Assert.Contains(adopters, adopter => adopter.ExitCode == 0);
        Assert.All(adopters, adopter => Assert.True(adopter.ExitCode is 0 or 3, adopter.ToString()));
        Assert.All(
            adopters.Where(adopter => adopter.ExitCode == 3),
            adopter => Assert.Contains("in use", adopter.Error, StringComparison.Ordinal));
    }

    /// <summary>SIGTERM, and every step of the drain as the outside sees it: by asking it, by its status, by what is delivered.</summary>
    private async Task DrainInOrderAsync(NodeFleet fleet, int index)
    {
        var node = fleet.Nodes[index];
        var probe = new NodeProbe(fleet.Setups[index], fleet.Journal);
        using var watch = new DrainWatch(node);
        var probing = Task.Run(probe.RunAsync);
        await Poll.Until("the probe has seen it serve", () => probe.Accepted.Count > 0);
        var asked = TimeProvider.System.GetTimestamp();
        node.Terminate();
        await watch.WatchAsync();
        var code = await node.ExitAsync();
        var took = TimeProvider.System.GetElapsedTime(asked);
        await probing;

        var states = string.Join(" → ", probe.States);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"node {index + 1}: {states}; drained in {took.TotalSeconds:F1} s: {string.Join(" → ", watch.Phases)}"));
        Assert.True(code == 0, $"exit code {code}\n{node.Output}");
        // How long it refuses is a matter of milliseconds: between two looks.
        Assert.Equal([NodeProbe.Serving, NodeProbe.Delay, NodeProbe.Gone], probe.States.Where(state => state != NodeProbe.Refusing));
        Assert.True(!probe.States.Contains(NodeProbe.Refusing) || probe.States[2] == NodeProbe.Refusing, states);
        Assert.Equal(0, watch.ReadyWhileDraining);
        Assert.Equal(Order.Take(watch.Listed.Count), watch.Listed);
        Assert.Equal(Order, Logged(node.Output));
        // Delivered before it left: what it answered with 202 itself is in its output.
        Assert.Subset(FleetReport.Ids(fleet.Out(index)), probe.Accepted.ToHashSet());
    }

    /// <summary>The phases in the order the node's log names them.</summary>
    private static IEnumerable<string> Logged(string log) =>
        Order.Select(phase => (Phase: phase, At: log.IndexOf(phase == Order[^1] ? "Drained in" : $"): {phase};", StringComparison.Ordinal)))
            .Where(entry => entry.At >= 0)
            .OrderBy(entry => entry.At)
            .Select(entry => entry.Phase);

    private static Task<CommandRun> AdoptAsync(NodeFleet fleet) => CommandRun.RunAsync(
        "drain", "--data", fleet.Setups[Victim].Data, "--sink", "file", "--set", $"Sinks:File:Directory={fleet.Out(Victim)}", "--json");

    private static Task UntilAsync(long start) => Poll.Until(
        "the load has run its time",
        () => TimeProvider.System.GetElapsedTime(start) >= Scale.FleetTime,
        TimeSpan.FromMinutes(10));

    private static string Examples(IEnumerable<OpenLoopRequest> requests) => string.Join('\n', requests.Take(10).Select(request =>
        $"request {request.Id}: {request.Status} after {TimeProvider.System.GetElapsedTime(request.DueAt, request.EndedAt)}"));
}
