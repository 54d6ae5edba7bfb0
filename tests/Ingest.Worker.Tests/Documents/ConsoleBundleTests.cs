using System.Diagnostics;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Documents;

/// <summary>The console's file in the tree, beside the sources it is bundled from.</summary>
public sealed class ConsoleBundleTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_page_is_what_its_sources_give()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/npm"), "npm is not installed: the page was not bundled anew.");
        var sources = Path.Combine(SourceTree.Root, "src", "Ingest.Console");
        await RunAsync("cp", "-r", sources, _directory["console"]);
        if (Directory.Exists(_directory["console/node_modules"]))
        {
            Directory.Delete(_directory["console/node_modules"], recursive: true);
        }
        var (code, text) = await RunAsync("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error");
        Assert.SkipWhen(code != 0, $"npm has no packages here: the page was not bundled anew. {text}");
        (code, text) = await RunAsync("npm", "run", "--silent", "check");
        Assert.True(code == 0, text);
        (code, text) = await RunAsync("node", "build.mjs", _directory["page.html"]);
        Assert.True(code == 0, text);

        var shipped = Path.Combine(SourceTree.Root, "src", "Ingest.Worker", "Console", "console.html");
        Assert.True(
            File.ReadAllBytes(_directory["page.html"]).AsSpan().SequenceEqual(File.ReadAllBytes(shipped)),
            "src/Ingest.Worker/Console/console.html is not what src/Ingest.Console gives: run make console.");
    }

    private async Task<(int Code, string Text)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Directory.Exists(_directory["console"]))
        {
            start.WorkingDirectory = _directory["console"];
        }
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, output + await error);
    }
}
