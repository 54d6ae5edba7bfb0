using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary><c>ingest drain --data</c>: a directory is empty when no lane is owed anything, and only then may it go.</summary>
public sealed class OfflineDrainTests : IDisposable
{
    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    private string Data => _directory["data"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Events_that_a_lane_without_a_sink_is_owed_keep_the_directory()
    {
        await AbandonAsync("file", "http");

        var drained = await Cli.RunAsync("drain", "--data", Data, "--sink", "file");
        drained.Is(ExitCode.NotFine, "owed to lane http: no sink of this name is configured");
        Assert.DoesNotContain("0 pending", drained.Output, StringComparison.Ordinal);
        var summary = await SummaryAsync(ExitCode.NotFine, "--sink", "file");
        Assert.False(summary.GetProperty("empty").GetBoolean());
        Assert.Equal(3, summary.GetProperty("pending").GetInt64());
        var owed = Assert.Single(summary.GetProperty("owed").EnumerateArray());
        Assert.Equal(("http", 3L), (owed.GetProperty("lane").GetString(), owed.GetProperty("events").GetInt64()));
    }

    [Fact]
    public async Task One_lane_alone_is_judged_when_asked_for_and_what_was_left_out_is_said()
    {
        await AbandonAsync("file", "http");

        (await Cli.RunAsync("drain", "--data", Data, "--sink", "file", "--only", "file"))
            .Is(ExitCode.Fine, "Not looked at because of --only: 3 events owed to lane http");
        var summary = await SummaryAsync(ExitCode.Fine, "--sink", "file", "--only", "file");
        Assert.True(summary.GetProperty("empty").GetBoolean());
        Assert.Equal(["file"], summary.GetProperty("only").EnumerateArray().Select(lane => lane.GetString()));
        Assert.Equal("http", Assert.Single(summary.GetProperty("leftOut").EnumerateArray()).GetProperty("lane").GetString());
        (await Cli.RunAsync("drain", "--data", Data, "--sink", "file", "--only", "http"))
            .Is(ExitCode.NotFine, error: "--only = 'http': must be one of the sinks named here: file.");
        (await Cli.RunAsync("drain", "--only", "http")).Is(ExitCode.Usage, error: "--only goes with --data");
    }

    [Fact]
    public async Task A_cursor_that_cannot_be_read_counts_as_having_delivered_nothing()
    {
        await AbandonAsync("file");
        var cursors = Directory.GetFiles(_directory["data/wal"], "file.*", SearchOption.AllDirectories);
        var cursor = Assert.Single(cursors);
        await File.WriteAllBytesAsync(
            Path.Combine(Path.GetDirectoryName(cursor)!, "lost" + Path.GetExtension(cursor)),
            new byte[new FileInfo(cursor).Length],
            TestContext.Current.CancellationToken);

        var summary = await SummaryAsync(ExitCode.NotFine, "--sink", "file");

        var owed = Assert.Single(summary.GetProperty("owed").EnumerateArray());
        Assert.Equal(("lost", 3L), (owed.GetProperty("lane").GetString(), owed.GetProperty("events").GetInt64()));
    }

    [Fact]
    public async Task Dead_letters_on_their_way_back_are_owed_until_they_are_delivered()
    {
        await using var downstream = await HttpDownstream.StartAsync();
        downstream.Answer = _ => new DownstreamAnswer(422, "{}");
        var setup = Setup("http").With(("Sinks:http:Url", downstream.Url.ToString()), ("Publishing:BackoffMax", "100ms"));
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            await PostAsync(node);
            await Poll.Until("all are dead letters", async () =>
                (await Cli.RunAsync("deadletters", "list", "--admin", Admin(node))).Output.Contains("http/3", StringComparison.Ordinal));
            downstream.Answer = _ => new DownstreamAnswer(503);
            await Cli.RunAsync("deadletters", "requeue", "--all", "--no-wait", "--admin", Admin(node));
            await node.KillAsync();
        }
        string[] drain = ["--sink", "http", "--set", $"Sinks:http:Url={downstream.Url}", "--deadline", "2s"];

        var summary = await SummaryAsync(ExitCode.NotFine, drain);
        Assert.Equal(3, Assert.Single(summary.GetProperty("owed").EnumerateArray()).GetProperty("events").GetInt64());

        downstream.Answer = null;
        summary = await SummaryAsync(ExitCode.Fine, [.. drain[..^1], "30s"]);
        Assert.Equal((true, 0L), (summary.GetProperty("empty").GetBoolean(), summary.GetProperty("deadLetters").GetInt64()));
    }

    private static string Admin(IngestProcess node) => node.Setup.Admin.GetLeftPart(UriPartial.Authority);

    private IngestSetup Setup(params string[] sinks) => new IngestSetup { Data = Data, Sinks = sinks }.With(
        ("Sinks:http:Url", $"http://127.0.0.1:{FreePort.Next()}/"));

    // Three events, delivered to the file, owed to the endpoint that is not there.
    private async Task AbandonAsync(params string[] sinks)
    {
        using var node = await IngestProcess.StartReadyAsync(Setup(sinks));
        await PostAsync(node);
        await node.KillAsync();
    }

    private static async Task PostAsync(IngestProcess node)
    {
        using var response = await Http.PostAsJsonAsync(
            new Uri(node.Setup.Intake, "/v1/streams/orders/events"), new[] { 1, 2, 3 }, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private async Task<JsonElement> SummaryAsync(int exitCode, params string[] arguments)
    {
        var result = (await Cli.RunAsync(["drain", "--data", Data, "--json", .. arguments])).Is(exitCode);
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }
}
