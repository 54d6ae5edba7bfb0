using System.Text.Json;
using Ingest.Operations.History;
using Ingest.Operations.Status;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Operators;

public sealed class HistoryTests : IDisposable
{
    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_last_minutes_show_what_was_accepted_refused_and_flushed()
    {
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["discard"] });
        var admin = node.Setup.Admin.ToString();
        HistoryPage page = null!;
        await Poll.Until("requests are in the history", async () =>
        {
            await PostAsync(node, "/v1/events", "[1,2,3]");
            await PostAsync(node, "/v1/events", "{");
            var json = (await Cli.RunAsync("status", "--since", "1m", "-o", "json", "--admin", admin)).Is(ExitCode.Fine).Output;
            page = JsonSerializer.Deserialize(json, HistoryJson.Default.HistoryPage)!;
            return Most("requests_accepted_per_second") > 0 && Most("requests_4xx_per_second") > 0
                && Most("flush_p99_seconds") > 0 && Most("answer_p50_seconds") > 0;
        });

        Assert.True(Most("events_accepted_per_second") > Most("requests_accepted_per_second") * 2);
        Assert.InRange(Most("memory_ratio")!.Value, 0.0001, 1);
        Assert.Equal(0.8, page.Limits["memory_ratio_high"]);
        Assert.Equal(7, page.Lanes["discard"].Count);
        var shown = (await Cli.RunAsync("status", "--since", "1m", "--admin", admin))
            .Is(ExitCode.Fine, "events accepted per second").Output;
        Assert.Matches("[▁▂▃▄▅▆▇█]", shown);
        await TopAsync(admin);
        (await Cli.RunAsync("status", "--since", "2h", "--admin", admin)).Is(ExitCode.Usage, error: "from 1s to 1h");
        using var wrong = await Http.GetAsync(new Uri(node.Setup.Admin, "/history?points=0"), TestContext.Current.CancellationToken);
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, wrong.StatusCode);

        double? Most(string row) => page.Node[row].Max();
    }

    [Fact]
    public async Task A_dead_sink_is_told_with_its_beginning_and_the_next_attempt_and_lanes_tell_since_when()
    {
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", $"http://127.0.0.1:{FreePort.Next()}/")));
        await PostAsync(node, "/v1/events", "1");
        var admin = node.Setup.Admin.ToString();

        NodeStatus status = null!;
        await Poll.Until("it says when it tries again", async () =>
        {
            var json = (await Cli.RunAsync("status", "--json", "--admin", admin)).Output;
            status = JsonSerializer.Deserialize(json, StatusJson.Default.NodeStatus)!;
            return status.Attention.Any(item => item is { Code: "lane_failing", NextSeconds: > 0 });
        });

        var item = status.Attention.First(item => item.Code == "lane_failing");
        Assert.Equal(("http", "docs/operating.md#ingestbreakeropen"), (item.Subject, item.Section));
        Assert.InRange(item.Since, status.StartedAt.AddSeconds(-1), TimeProvider.System.GetUtcNow());
        Assert.NotNull(status.Lanes[0].StateSince);
        var shown = (await Cli.RunAsync("status", "--admin", admin)).Output;
        Assert.Contains("Lane http cannot deliver", shown, StringComparison.Ordinal);
        Assert.Contains("See docs/operating.md#ingestbreakeropen", shown, StringComparison.Ordinal);
        (await Cli.RunAsync("lanes", "list", "--admin", admin)).Is(ExitCode.Fine, "Since");
    }

    private static async Task TopAsync(string admin)
    {
        var start = new System.Diagnostics.ProcessStartInfo(
            SourceTree.Executable(), ["top", "--every", "100ms", "--admin", admin])
        {
            RedirectStandardOutput = true,
        };
        using var top = System.Diagnostics.Process.Start(start)!;
        try
        {
            // The second screen: it goes on by itself.
            for (var screens = 0; screens < 2;)
            {
                var line = await top.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
                Assert.NotNull(line);
                screens += line.StartsWith("discard ", StringComparison.Ordinal) ? 1 : 0;
            }
        }
        finally
        {
            top.Kill();
            await top.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task PostAsync(IngestProcess node, string path, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await Http.PostAsync(new Uri(node.Setup.Intake, path), content, TestContext.Current.CancellationToken);
    }
}
