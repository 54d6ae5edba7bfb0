using System.Globalization;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Verify;

/// <summary>The real executable verifies itself: nodes and verifiers are killed, and nothing that was acknowledged is missing.</summary>
public sealed class VerifyTests
{
    private const int EventsMin = 200;

    // Four seconds of events, and as long as it takes where a node needs longer to be killed and started again.
    private static readonly string[] Sent =
        ["--connections", "8", "--keys", "24", "--events", "1600", "--rate", "400", "--retry-for", "2m"];

    [Fact]
    public async Task A_node_that_was_killed_has_kept_every_promise_in_its_files()
    {
        using var rig = new VerifyRig("file");
        var sending = await KillUnderLoadAsync(rig);
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);

        var sent = (await sending).Is(ExitCode.Fine);
        var report = (await rig.CheckAsync("--file", rig.Output)).Is(ExitCode.Fine);

        Assert.True(VerifyRig.Of(sent, "acknowledged") > EventsMin, sent.All);
        Assert.Equal(VerifyRig.Of(sent, "acknowledged"), VerifyRig.Of(report, "acknowledged"));
        Assert.Contains("\"no answer\":", sent.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ndjson")]
    [InlineData("CloudEventsBatch")]
    public async Task A_node_that_was_killed_has_kept_every_promise_to_an_HTTP_receiver_that_was_killed(string format)
    {
        var listen = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        // Nothing is parked: a receiver that comes and goes would get parked events in their own time.
        using var rig = new VerifyRig(
            "http", ("Sinks:http:Url", listen + "/"), ("Sinks:http:Format", format), ("Publishing:ParkAfterAttempts", "0"));
        var sending = await KillUnderLoadAsync(rig);
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        (await sending).Is(ExitCode.Fine);

        var captured = Path.Combine(rig.Journal, "captured/1.ndjson");
        using (var receiver = VerifyRig.Start("check", "--journal", rig.Journal, "--http", listen, "--settle", "30s"))
        {
            await Poll.Until("something is captured", () => File.Exists(captured) && new FileInfo(captured).Length > 0);
            VerifyRig.Kill(receiver);
        }
        var report = (await rig.CheckAsync("--http", listen)).Is(ExitCode.Fine);

        Assert.True(VerifyRig.Of(report, "acknowledged") > EventsMin, report.All);
        // What was captured stays captured: it is judged once more without a delivery.
        (await rig.CheckAsync("--http", listen)).Is(ExitCode.Fine);
    }

    [Fact]
    public async Task A_node_that_was_killed_has_kept_every_promise_in_a_topic()
    {
        using var cluster = MockKafka.Start();
        using var rig = new VerifyRig("kafka", ("Sinks:Kafka:BootstrapServers", cluster.Bootstraps));
        var sending = await KillUnderLoadAsync(rig);
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        (await sending).Is(ExitCode.Fine);

        var report = (await rig.CheckAsync("--kafka", cluster.Bootstraps, "--option", "fetch.wait.max.ms=100")).Is(ExitCode.Fine);

        Assert.True(VerifyRig.Of(report, "acknowledged") > EventsMin, report.All);
        // A rewind is all of it once more, and nothing worse.
        Assert.Equal(ExitCode.Fine, (await Cli.RunAsync(
            "lanes", "rewind", "kafka", "--to", "1", "--yes", "--admin", rig.Setup.Admin.ToString())).ExitCode);
        await Poll.Until("it is delivered again", async () => VerifyRig.Of(
            await rig.CheckAsync("--kafka", cluster.Bootstraps), "duplicated") >= VerifyRig.Of(report, "arrived"));
        (await rig.CheckAsync("--kafka", cluster.Bootstraps, "--no-duplicates")).Is(ExitCode.NotFine, "\"lost\":0");
    }

    [Fact]
    public async Task A_sender_that_was_killed_leaves_nothing_but_unknown_outcomes_and_the_next_goes_on_behind_it()
    {
        using var rig = new VerifyRig("file");
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        const int Kills = 3;
        for (var kill = 1; kill <= Kills; kill++)
        {
            var before = rig.Intents;
            using var sender = VerifyRig.Start(
                "send", rig.Url, "--journal", rig.Journal, "--duration", "1m", "--connections", "8", "--batch", "3");
            await Poll.Until("it sends", () => rig.Intents > before + EventsMin);
            Assert.Contains("in use", (await rig.SendAsync("--events", "1")).Is(ExitCode.Unavailable).Error, StringComparison.Ordinal);
            VerifyRig.Kill(sender);
        }
        (await rig.SendAsync("--events", "500")).Is(ExitCode.Fine, "500 events acknowledged");

        var report = (await rig.CheckAsync("--file", rig.Output, "--no-duplicates")).Is(ExitCode.Fine);

        // What a killed sender had under way, and what it was answered right before.
        Assert.InRange(VerifyRig.Of(report, "unknown"), 1, Kills * 8 * 3 * 4);
        Assert.True(VerifyRig.Of(report, "acknowledged") > Kills * EventsMin, report.All);
    }

    [Fact]
    public async Task A_run_sends_and_checks_while_its_receiver_listens()
    {
        var listen = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Next()}");
        using var rig = new VerifyRig("http", ("Sinks:http:Url", listen + "/"));
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);

        for (var run = 1; run <= 2; run++)
        {
            var report = (await Cli.RunAsync(
                "verify", "run", rig.Url, "--journal", rig.Journal, "--http", listen, "--events", "1000", "--batch", "7", "--json"))
                .Is(ExitCode.Fine);
            Assert.Equal((run * 1000, run * 1000), (VerifyRig.Of(report, "acknowledged"), VerifyRig.Of(report, "arrived")));
        }
    }

    [Fact]
    public async Task What_is_refused_for_good_is_told_and_nobody_who_answers_is_an_error()
    {
        using var rig = new VerifyRig("file", ("Intake:Streams", "orders"));
        (await rig.SendAsync("--events", "1", "--retry-for", "0s")).Is(ExitCode.Unavailable, error: "Nobody answers at http://127.0.0.1:");
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);

        var sent = (await rig.SendAsync("--events", "20", "--json")).Is(ExitCode.NotFine, "\"404 unknown_stream\":20");

        Assert.Equal((0, 20), (VerifyRig.Of(sent, "acknowledged"), VerifyRig.Of(sent, "refused")));
        (await Cli.RunAsync("verify", "send", rig.Url, "--journal", rig.Journal, "--keys", "2"))
            .Is(ExitCode.Usage, error: "--keys is less than --connections");
    }

    // Starts sending and kills the node in the middle of it; the sender goes on.
    private static async Task<Task<CliResult>> KillUnderLoadAsync(VerifyRig rig)
    {
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        var sending = rig.SendAsync([.. Sent, "--json"]);
        await Poll.Until("events are sent", () => rig.Intents > EventsMin || sending.IsCompleted);
        await node.KillAsync();
        return sending;
    }
}
