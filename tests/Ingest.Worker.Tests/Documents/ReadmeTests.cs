using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Documents;

/// <summary>The README's commands and snippets do what it says beside them.</summary>
public sealed class ReadmeTests : IDisposable
{
    private static readonly Document Readme = new("README.md");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_first_event_is_answered_and_delivered_as_the_first_screen_shows()
    {
        using var node = await StartAsync();
        var curl = Readme.ShellLines.SelectMany(ShellLine.Commands).First(words => words[0] == "curl");
        var blocks = Readme.Blocks("").ToList();
        var promised = blocks.First(block => block.StartsWith("HTTP/1.1 202", StringComparison.Ordinal)).Split('\n');
        var delivered = blocks.First(block => block.StartsWith("$ cat ", StringComparison.Ordinal)).Split('\n');

        var said = (await RunAsync("curl", [.. curl[1..].Select(word => OfNode(word, node))])).Split("\r\n");

        Assert.Equal(promised[0], said[0]);
        Assert.Contains(promised[1], said);
        Assert.Equal(promised.Last(line => line.StartsWith('{')), said[^1].TrimEnd());
        var file = Path.Combine(_directory.Path, delivered[0]["$ cat ".Length..]);
        await Poll.Until("the event is delivered", () => File.Exists(file) && File.ReadAllText(file).EndsWith('\n'));
        Assert.Equal(WithoutTime(delivered[1]), WithoutTime(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Every_command_of_the_readme_runs()
    {
        using var node = await StartAsync();
        (string, string)[] environment = [("INGEST_ADMIN", node.Setup.Admin.GetLeftPart(UriPartial.Authority))];
        var commands = Readme.Blocks("sh").SelectMany(block => block.Split('\n')).SelectMany(ShellLine.Commands)
            .Where(words => words[0] == "ingest").ToList();

        Assert.True(commands.Count >= 8, $"{commands.Count} commands were found.");
        foreach (var words in commands)
        {
            // A node that is started would stay: its settings are checked instead.
            string[] arguments = words[1] == "serve" ? ["config", "check", .. words[2..]] : words[1..];
            var result = await Cli.RunAsync(
                environment, [.. arguments.Select(word => word.Replace("/var/lib/ingest", _directory["other"], StringComparison.Ordinal))]);
            Assert.True(result.ExitCode == ExitCode.Fine, $"{string.Join(' ', words)}\n{result.All}");
        }
    }

    [Fact]
    public async Task The_snippet_is_a_program_that_takes_events()
    {
        var program = await File.ReadAllTextAsync(
            Path.Combine(SourceTree.Root, "samples/MinimalHost/Program.cs"), TestContext.Current.CancellationToken);
        Assert.Equal(program, Assert.Single(Readme.Blocks("csharp")));

        var beside = AppContext.BaseDirectory.Replace("Ingest.Worker.Tests", "MinimalHost", StringComparison.Ordinal);
        var url = $"http://127.0.0.1:{FreePort.Next()}";
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(beside, "MinimalHost.dll"), "--urls", url, "--Ingest:Data", _directory["data"]])
        {
            WorkingDirectory = _directory.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var sample = Process.Start(start)!;
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(url) };
            await Poll.Until("it accepts", () => AcceptsAsync(client));
        }
        finally
        {
            sample.Kill();
            await sample.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<bool> AcceptsAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.PostAsJsonAsync("/v1/events", 1);
            return answer.StatusCode == HttpStatusCode.Accepted;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, ["-s", .. arguments]) { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return said;
    }

    private static string OfNode(string word, IngestProcess node) =>
        word.Replace("http://127.0.0.1:8080", node.Setup.Intake.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);

    private static string WithoutTime(string line)
    {
        using var document = JsonDocument.Parse(line);
        return string.Join(' ', document.RootElement.EnumerateObject().Where(member => member.Name != "time"));
    }

    private Task<IngestProcess> StartAsync() => IngestProcess.StartReadyAsync(
        new IngestSetup { Data = _directory["data"] }.With(("Drain:BalancerDelay", "0")));
}
