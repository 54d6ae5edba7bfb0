using System.Text.Json;
using Ingest.Operations.Audit;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Operators;

public sealed class AuditTests : IDisposable
{
    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_answered_is_in_the_trail_after_a_kill_at_that_moment()
    {
        var setup = Setup();
        for (var round = 1; round <= 3; round++)
        {
            using var node = await IngestProcess.StartReadyAsync(setup);
            using (var content = new StringContent($$"""{"rateLimit":{{round}}}"""))
            using (var request = new HttpRequestMessage(HttpMethod.Put, new Uri(setup.Admin, "/policy")) { Content = content })
            {
                request.Headers.Add("Ingest-Operator", $"round-{round}");
                using var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
                Assert.True(answer.IsSuccessStatusCode);
            }
            await node.KillAsync();
        }
        using var again = await IngestProcess.StartReadyAsync(setup);

        var entries = (await PageAsync()).Entries;

        Assert.Equal(["round-3", "round-2", "round-1"], entries.Select(entry => entry.Operator));
    }

    [Fact]
    public async Task Every_action_of_an_operator_is_in_the_trail_in_the_log_and_in_the_command()
    {
        using var node = await IngestProcess.StartReadyAsync(Setup());
        (await RunAsync("policy", "set", "rateLimit=5000")).Is(ExitCode.Fine);
        (await RunAsync("lanes", "try", "discard")).Is(ExitCode.Fine);
        (await RunAsync("lanes", "parked", "try", "discard")).Is(ExitCode.Fine);
        (await RunAsync("drain")).Is(ExitCode.Fine);
        (await RunAsync("resume")).Is(ExitCode.Fine);
        (await RunAsync("deadletters", "drop", "--all", "--yes")).Is(ExitCode.Fine);
        // What was refused was not done.
        (await RunAsync("resume")).Is(ExitCode.NotFine);

        var entries = (await PageAsync()).Entries.Reverse().ToList();

        string[] actions = ["policy.set", "lanes.resume", "parked.try", "drain", "resume", "deadletters.drop"];
        Assert.Equal(actions, entries.Select(entry => entry.Action));
        Assert.All(entries, entry => Assert.Equal((Environment.UserName, "127.0.0.1"), (entry.Operator, entry.From)));
        await Poll.Until("the log says so", () => node.Output.Contains("Audit 6: deadletters.drop", StringComparison.Ordinal));
        var shown = (await RunAsync("audit")).Is(ExitCode.Fine).Output;
        Assert.All(actions, action => Assert.Contains($"  {action}  ", shown, StringComparison.Ordinal));
        Assert.True(
            shown.IndexOf("policy.set", StringComparison.Ordinal) < shown.IndexOf("deadletters.drop", StringComparison.Ordinal), shown);
        (await RunAsync("audit", "--action", "lanes", "--limit", "5")).Is(ExitCode.Fine, "lanes.resume");
        (await RunAsync("audit", "--since", "2099-01-01")).Is(ExitCode.Fine, "Nothing was done that matches.");
        (await RunAsync("audit", "--limit", "0")).Is(ExitCode.Usage, error: "--limit '0' must be a number from 1 to 1000.");
    }

    private IngestSetup Setup() => new IngestSetup { Data = _directory["data"], Sinks = ["discard"], AdminPort = _admin }.With(
        ("Drain:BalancerDelay", "0"));

    private readonly int _admin = FreePort.Next();

    private Task<CliResult> RunAsync(params string[] words) => Cli.RunAsync([.. words, "--admin", $"http://127.0.0.1:{_admin}"]);

    private async Task<AuditPage> PageAsync() =>
        JsonSerializer.Deserialize((await RunAsync("audit", "--json")).Is(ExitCode.Fine).Output, AuditJson.Default.AuditPage)!;
}
