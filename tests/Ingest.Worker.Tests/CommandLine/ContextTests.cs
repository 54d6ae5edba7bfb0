using Ingest.Testing;

namespace Ingest.Worker.Tests.CommandLine;

public sealed class ContextTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_node_that_has_a_name_is_meant_until_another_one_is_named()
    {
        (await RunAsync("context", "list")).Is(ExitCode.Fine, "No node has a name");
        (await RunAsync("context", "set", "north", "--admin", "http://127.0.0.1:1")).Is(ExitCode.Fine, "in use is north");
        (await RunAsync("context", "set", "south", "--admin", "http://127.0.0.1:2")).Is(ExitCode.Fine, "in use is north");

        (await RunAsync("status")).Is(ExitCode.Unavailable, error: "at http://127.0.0.1:1 (");
        (await RunAsync("--context", "south", "status")).Is(
            ExitCode.Unavailable, error: "at http://127.0.0.1:2 (connection refused, from context south, --context)");
        (await RunAsync("status", "--admin", "http://127.0.0.1:3")).Is(ExitCode.Unavailable, error: "at http://127.0.0.1:3 (");
        (await RunAsync([("INGEST_ADMIN", "http://127.0.0.1:4")], "status")).Is(ExitCode.Unavailable, error: "at http://127.0.0.1:4 (");
        (await RunAsync([("INGEST_CONTEXT", "south")], "status")).Is(ExitCode.Unavailable, error: "at http://127.0.0.1:2 (");

        (await RunAsync("context", "use", "south")).Is(ExitCode.Fine, "talk to south now");
        (await RunAsync("status")).Is(ExitCode.Unavailable, error: "at http://127.0.0.1:2 (");
        (await RunAsync("context", "remove", "south")).Is(ExitCode.Fine, "none is in use");
        (await RunAsync("context", "list", "--json")).Is(ExitCode.Fine, "\"north\"");
    }

    [Fact]
    public async Task A_file_of_settings_names_another_node_than_the_one_in_use()
    {
        await File.WriteAllTextAsync(
            _directory["node.json"], """{"Listen":{"Admin":"http://127.0.0.1:5"}}""", TestContext.Current.CancellationToken);
        (await RunAsync("context", "set", "north", "--admin", "http://127.0.0.1:1")).Is(ExitCode.Fine);

        (await RunAsync("status", "--config", _directory["node.json"])).Is(ExitCode.Unavailable, error: "at http://127.0.0.1:5 (");
    }

    [Fact]
    public async Task The_token_is_read_from_its_file_and_not_kept()
    {
        const string token = "0123456789abcdef0123";
        await File.WriteAllTextAsync(_directory["token"], token + "\n", TestContext.Current.CancellationToken);
        using var node = await IngestProcess.StartReadyAsync(
            new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(("Admin:Token", token)));
        var admin = node.Setup.Admin.GetLeftPart(UriPartial.Authority);
        (await RunAsync("context", "set", "north", "--admin", admin, "--token-file", _directory["token"])).Is(ExitCode.Fine);

        (await RunAsync("status")).Is(ExitCode.Fine, "serving, ready");
        var kept = await File.ReadAllTextAsync(_directory["contexts.json"], TestContext.Current.CancellationToken);
        Assert.DoesNotContain(token, kept, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory["contexts.json"]));
        }
        File.Delete(_directory["token"]);
        (await RunAsync("status")).Is(ExitCode.Unavailable, error: "The token of this context cannot be read");
    }

    [Fact]
    public async Task What_makes_no_sense_is_said_and_changes_nothing()
    {
        (await RunAsync("context", "set", "a b", "--admin", "http://h:1")).Is(ExitCode.Usage, error: "NAME 'a b' must be letters");
        (await RunAsync("context", "set", "a", "--admin", "h")).Is(ExitCode.Usage, error: "--admin 'h' must be http://HOST:PORT");
        (await RunAsync("context", "use", "none")).Is(ExitCode.Usage, error: "There is no context none in ");
        (await RunAsync("status", "--context", "none")).Is(ExitCode.Usage, error: "There is no context none in ");
        Assert.False(File.Exists(_directory["contexts.json"]));
        await File.WriteAllTextAsync(_directory["contexts.json"], "{", TestContext.Current.CancellationToken);
        (await RunAsync("status")).Is(ExitCode.NotFine, error: "is no file of contexts");
    }

    private Task<CliResult> RunAsync(params string[] words) => RunAsync([], words);

    private Task<CliResult> RunAsync((string Name, string Value)[] environment, params string[] words) =>
        Cli.RunAsync([("INGEST_CONTEXTS", _directory["contexts.json"]), .. environment], words);
}
