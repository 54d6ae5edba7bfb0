using System.Net;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>The sequence of a drain, seen from the outside with the real process and real signals.</summary>
public sealed class DrainTests(ITestOutputHelper output)
{
    private static readonly string[] Order =
        ["serving", "balancer_delay", "refusing", "finishing", "committing", "delivering", "saving", "drained"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sigterm_under_load_answers_every_request_and_loses_nothing(bool connectionPerRequest)
    {
        await using var rig = new CrashRig(output, new LoadShape { ConnectionPerRequest = connectionPerRequest });
        rig.Setup = rig.Setup.With(("Drain:BalancerDelay", "00:00:03"));
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        using var watch = new DrainWatch(node);
        rig.StartLoad();
        await rig.AcceptsAsync(node, requests: 500);

        var asked = TimeProvider.System.GetTimestamp();
        node.Terminate();
        await watch.WatchAsync();
        var code = await node.ExitAsync();
        await rig.StopLoadAsync();

        output.WriteLine($"seen: {string.Join(" → ", watch.Phases)}; listed: {string.Join(" → ", watch.Listed)}");
        Assert.True(code == 0, $"exit code {code}\n{node.Output}");
        Assert.Equal(0, watch.ReadyWhileDraining);
        Assert.Equal(watch.Phases.Order(Comparer<string>.Create(InOrder)), watch.Phases);
        Assert.Contains("balancer_delay", watch.Phases);
        Assert.Equal(Order.Skip(1).Take(watch.Listed.Count), watch.Listed);
        var report = rig.Judge();
        Assert.True(report.IsClean, report.ToString());
        JudgeAnswers(rig.Journal.Attempts, asked, watch.SeenAt);
    }

    [Fact]
    public async Task A_second_sigterm_skips_the_waits()
    {
        await using var rig = new CrashRig(output);
        rig.Setup = rig.Setup.With(("Drain:BalancerDelay", "00:05:00"));
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        using var watch = new DrainWatch(node);
        rig.StartLoad();
        await rig.AcceptsAsync(node, requests: 50);

        node.Terminate();
        await watch.WatchAsync(until: "balancer_delay");
        // Intake still accepts: nothing but the second signal ends the wait.
        await rig.AcceptsAsync(node, requests: 50);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await node.ReadinessAsync());
        Assert.Equal(0, await node.StopAsync());

        // What the lanes had no time for stays in the log, for the next start.
        using var next = await IngestProcess.StartReadyAsync(rig.Setup.With(("Drain:BalancerDelay", "00:00:00")));
        var report = await rig.DrainAndJudgeAsync(next);
        Assert.True(report.IsClean, report.ToString());
    }

    [Fact]
    public async Task A_sigterm_while_the_node_starts_drains_it_and_is_no_failure()
    {
        await using var rig = new CrashRig(output);
        for (var start = 0; start < 6; start++)
        {
            using var node = IngestProcess.Start(rig.Setup.With(("Drain:BalancerDelay", "0s")));
            await Poll.Until("the log is opened", () => node.Output.Contains("Opened the log", StringComparison.Ordinal));
            node.Terminate();
            Assert.True(await node.ExitAsync() == 0, node.Output);
            Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_drain_by_an_operator_stops_before_the_exit_and_can_be_taken_back()
    {
        await using var rig = new CrashRig(output);
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        using var admin = new AdminClient(rig.Setup);
        using var watch = new DrainWatch(node);
        rig.StartLoad();
        for (var round = 0; round < 3; round++)
        {
            await rig.AcceptsAsync(node, requests: 50);
            Assert.True((int)await admin.PostAsync("/drain") is 200 or 202);
            await watch.WatchAsync(until: "drained");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await node.ReadinessAsync());

            Assert.Equal(HttpStatusCode.OK, await admin.PostAsync("/resume"));
            await node.ReadyAsync();
        }
        await rig.AcceptsAsync(node, requests: 50);
        var report = await rig.DrainAndJudgeAsync(node);

        Assert.True(report.IsClean, report.ToString());
        Assert.Contains(rig.Journal.Attempts, attempt => attempt.Code == "draining");
    }

    /// <summary>202 or 503 with a time to come back, with Connection: close once the drain shows; cut only if none listened.</summary>
    private void JudgeAnswers(IReadOnlyList<Attempt> attempts, long asked, long seen)
    {
        var later = attempts.Where(attempt => attempt.SentAt > asked).ToList();
        var answered = later.Where(attempt => attempt.Status != 0).ToList();
        output.WriteLine($"after the signal: {string.Join(", ", later.CountBy(attempt => $"{attempt.Outcome} {attempt.Code}"))}");
        Assert.All(attempts, attempt => Assert.True(attempt.Status is 0 or 202 or 503, $"status {attempt.Status}"));
        Assert.All(attempts.Where(attempt => attempt.Status == 503), attempt =>
        {
            Assert.Equal("draining", attempt.Code);
            Assert.True(attempt.HasRetryAfter);
        });
        Assert.Contains(answered, attempt => attempt.Status == 202);
        // The signal takes a moment to arrive.
        Assert.NotEqual(0, seen);
        Assert.All(answered.Where(attempt => attempt.SentAt > seen), attempt => Assert.True(attempt.Close));
    }

    private static int InOrder(string? left, string? right) => Array.IndexOf(Order, left) - Array.IndexOf(Order, right);
}
