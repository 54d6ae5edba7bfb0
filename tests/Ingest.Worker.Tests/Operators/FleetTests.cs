using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Operators;

/// <summary><c>ingest fleet</c>: the nodes side by side, for people and for scripts.</summary>
public sealed class FleetTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Nodes_are_side_by_side_and_one_that_dies_or_is_drained_is_named_and_ends_with_code_one()
    {
        using var second = await IngestProcess.StartReadyAsync(Setup("second"));
        var (first, gone) = (Setup("first"), new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", FreePort.Next()).Uri);
        var peer = second.Setup.Admin.GetLeftPart(UriPartial.Authority);
        using var node = await IngestProcess.StartReadyAsync(first.With(("Fleet:Peers", peer)));

        var shown = (await RunAsync(node)).Is(ExitCode.Fine).Output;
        Assert.Matches("(?s)first +serving .*second +serving ", shown);
        (await RunAsync(node, "-o", "wide")).Is(ExitCode.Fine, "discard idle");
        var page = JsonDocument.Parse((await RunAsync(node, "--json")).Is(ExitCode.Fine).Output).RootElement;
        Assert.Equal(["first", "second"], page.GetProperty("peers").EnumerateArray().Select(peer => peer.GetProperty("node").GetString()));

        (await Cli.RunAsync("drain", "--admin", second.Setup.Admin.ToString())).Is(ExitCode.Fine);
        await Poll.Until("the other is drained", async () => (await RunAsync(node)).Output.Contains("not ready", StringComparison.Ordinal));
        shown = (await RunAsync(node)).Is(ExitCode.NotFine).Output;
        Assert.Contains("WARN      second: The node is drained", shown, StringComparison.Ordinal);

        await second.KillAsync();
        await Poll.Until("the other is gone", async () => (await RunAsync(node)).Output.Contains("no answer", StringComparison.Ordinal));
        (await RunAsync(node)).Is(ExitCode.NotFine);
        (await Cli.RunAsync("fleet", "--admin", gone.ToString())).Is(ExitCode.Unavailable, error: "Nobody answers");
    }

    private static Task<CliResult> RunAsync(IngestProcess node, params string[] words) =>
        Cli.RunAsync(["fleet", "--admin", node.Setup.Admin.ToString(), .. words]);

    private IngestSetup Setup(string name) => new IngestSetup { Data = _directory[name], Sinks = ["discard"] }.With(
        ("Name", name), ("Drain:BalancerDelay", "0"));
}
