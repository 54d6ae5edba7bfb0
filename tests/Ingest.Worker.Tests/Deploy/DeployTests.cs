using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Deploy;

/// <summary>What stands under deploy/: checked with whatever tools this machine has, and against what a node really shows.</summary>
[Collection(Alone.Name)]
public sealed partial class DeployTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    // Made by recording rules, or by HAProxy, not by a node.
    private static readonly string[] Recorded = ["ingest_scalable_backlog_seconds"];

    [Fact]
    public async Task Everything_that_can_be_checked_here_holds()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "Needs bash.");
        var start = new ProcessStartInfo("/bin/bash", [Path.Combine(SourceTree.Root, "checks/deploy/lint.sh")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            var (said, wrong) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            var all = await said + await wrong;
            output.WriteLine(all);
            Assert.True(process.ExitCode == 0, all);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"checks/deploy/lint.sh did not end within {Patience}.");
        }
    }

    [Fact]
    public async Task Every_metric_that_is_asked_for_is_one_a_node_shows()
    {
        using var directory = new TemporaryDirectory();
        // A second lane refuses everything, so that there are dead letters, and they are published.
        await using var refusing = await HttpDownstream.StartAsync();
        refusing.Answer = _ => new DownstreamAnswer(422);
        await File.WriteAllTextAsync(directory["server.pem"], TestCertificates.SelfSigned(), TestContext.Current.CancellationToken);
        var setup = new IngestSetup { Data = directory["data"], Sinks = ["file", "http"] }.With(
            ("Listen:CertificatePath", directory["server.pem"]),
            ("Sinks:http:Url", refusing.Url.ToString()), ("DeadLetters:PublishTo", "letters"), ("Sinks:letters:Kind", "discard"));
        using var node = await IngestProcess.StartReadyAsync(setup);
        using var http = new HttpClient();
        await WorkAsync(http, node);

        var shown = new HashSet<string>(StringComparer.Ordinal);
        await Poll.Until("the event's delivery is counted", async () =>
        {
            var text = await http.GetStringAsync(new Uri(node.Setup.Admin, "/metrics"));
            shown = [.. SeriesName().Matches(text).Select(match => match.Groups[1].Value)];
            return shown.Contains("messaging_client_operation_duration_seconds_count")
                && shown.Contains("ingest_deadletters_stored_events_total") && shown.Contains("ingest_deadletters_pending");
        });
        var asked = Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "deploy"), "*", SearchOption.AllDirectories)
            .SelectMany(file => MetricName().Matches(File.ReadAllText(file)).Select(match => match.Value))
            .Except(Recorded, StringComparer.Ordinal)
            .ToList();

        Assert.True(asked.Count > 30, $"Only {asked.Count} metrics were found under deploy/.");
        Assert.Equal([], asked.Except(shown, StringComparer.Ordinal));
        Assert.Contains("process_start_time_seconds", shown);
    }

    /// <summary>
    /// One event that is stored and delivered, one that is refused, a policy that makes the node not ready: counters and reasons show from
    /// the first one on.
    /// </summary>
    private static async Task WorkAsync(HttpClient http, IngestProcess node)
    {
        foreach (var body in new[] { "{}", "{" })
        {
            using var content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
            using var answer = await http.PostAsync(new Uri(node.Setup.Intake, "/v1/events"), content);
        }
        using var policy = new StringContent("""{"enabled":false}""");
        using var set = await http.PutAsync(new Uri(node.Setup.Admin, "/policy"), policy);
        Assert.True(set.IsSuccessStatusCode);
    }

    [GeneratedRegex(@"^([a-z_]+)[{ ]", RegexOptions.Multiline)]
    private static partial Regex SeriesName();

    // With the unit or the kind behind it: labels and settings have none.
    [GeneratedRegex(
        @"\b(?:ingest_[a-z_]+|(?:http_server|messaging|process|dotnet|kestrel)_[a-z_]*"
        + @"(?:_count|_bucket|_sum|_total|_bytes|_connections|_time_seconds))\b")]
    private static partial Regex MetricName();
}
