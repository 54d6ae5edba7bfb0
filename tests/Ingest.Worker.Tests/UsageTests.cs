using System.CommandLine;
using Ingest.Worker.Commands;

namespace Ingest.Worker.Tests;

public sealed class UsageTests
{
    [Fact]
    public async Task Alone_it_prints_its_help()
    {
        (await Cli.RunAsync()).Is(ExitCode.Fine, "Usage:\n  ingest [command] [options]");
    }

    [Fact]
    public async Task The_version_is_one_line()
    {
        var result = (await Cli.RunAsync("--version")).Is(ExitCode.Fine);

        Assert.Matches(@"^ingest \d+\.\d+\.\d+\S*\n$", result.Output);
    }

    [Theory]
    [InlineData("Unrecognized command or argument 'serv'", "try `ingest --help`", "serv")]
    [InlineData("Unrecognized command or argument '--dta'", "try `ingest serve --help`", "serve", "--dta", "x")]
    [InlineData("Required argument 'DIR' missing", "try `ingest wal verify --help`", "wal", "verify")]
    [InlineData("Option '--to' is required", "try `ingest lanes rewind --help`", "lanes", "rewind", "file")]
    [InlineData("Cannot parse argument '1.5' for option '--limit'", "", "deadletters", "list", "--limit", "1.5")]
    [InlineData("--sink and --set go with --data DIR", "", "drain", "--sink", "file")]
    [InlineData("is no address", "", "status", "--admin", "nonsense")]
    [InlineData("Did you mean `serve`?", "'serv'", "serv")]
    [InlineData("Did you mean `rewind`?", "'rewnid'", "lanes", "rewnid", "file")]
    [InlineData("Did you mean `--data`?", "'--dta'", "serve", "--dta", "x")]
    [InlineData("'@nothing' must be an event's number", "", "tail", "--from", "@nothing")]
    public async Task A_command_line_that_makes_no_sense_ends_with_2_and_says_which_word(
        string what, string hint, params string[] arguments)
    {
        (await Cli.RunAsync(arguments)).Is(ExitCode.Usage, error: what).Is(ExitCode.Usage, error: hint);
    }

    [Theory]
    [InlineData("--limit '-1' must be a number from 1.", "tail", "--limit", "-1")]
    [InlineData("--limit '0' must be a number from 1.", "tail", "--limit", "0")]
    [InlineData("--from 'soon' must be an event's number from 1, or a time such as 2026-11-21T08:00:00Z.", "tail", "--from", "soon")]
    [InlineData("--to '05/06/2026' must be an event's number from 1, or a time such as 2026-", "lanes", "rewind", "file", "--to",
        "05/06/2026")]
    [InlineData("--from '6.5.2026' must be an event's number from 1, or a time", "tail", "--from", "6.5.2026")]
    [InlineData("--from '08:00' must be an event's number from 1, or a time", "tail", "--from", "08:00")]
    [InlineData("--until '11/12/26' must be a time such as ", "deadletters", "list", "--until", "11/12/26")]
    [InlineData("--stream 'no stream' must be a stream's name", "tail", "--stream", "no stream")]
    [InlineData("--to 'foo' must be an event's number from 1, or a time such as ", "lanes", "rewind", "file", "--to", "foo")]
    [InlineData("--to '-1' must be an event's number from 1", "lanes", "rewind", "file", "--to", "-1")]
    [InlineData("--to '0' must be an event's number from 1", "lanes", "rewind", "file", "--to", "0")]
    [InlineData("--to '99999999999999999999' must be an event's number", "lanes", "rewind", "file", "--to", "99999999999999999999")]
    [InlineData("--deadline 'soon' must be a duration such as ", "drain", "--deadline", "soon")]
    [InlineData("--deadline '2d' must be a duration such as 250ms, 5s, 2m, 1h, 7d or 00:00:05; from 0 to 1d.", "drain", "--deadline", "2d")]
    [InlineData("--deadline '100d' must be a duration", "drain", "--data", "/nowhere", "--deadline", "100d")]
    [InlineData("URL 'nowhere' must be http://HOST:PORT.", "bench", "nowhere")]
    [InlineData("--rate '0' must be a number from 0.001 to 1000000.", "bench", "http://127.0.0.1:1", "--rate", "0")]
    [InlineData("--rate '-5' must be a number from 0.001", "bench", "http://127.0.0.1:1", "--rate", "-5")]
    [InlineData("--rate 'NaN' must be a number from 0.001", "bench", "http://127.0.0.1:1", "--rate", "NaN")]
    [InlineData("--rate '1e-300' must be a number from 0.001", "bench", "http://127.0.0.1:1", "--rate", "1e-300")]
    [InlineData("--connections '0' must be a number from 1 to 10000.", "bench", "http://127.0.0.1:1", "--connections", "0")]
    [InlineData("--batch '10001' must be a number from 1 to 10000.", "bench", "http://127.0.0.1:1", "--batch", "10001")]
    [InlineData("--duration '400d' must be a duration", "bench", "http://127.0.0.1:1", "--duration", "400d")]
    [InlineData("; from 100ms to 1d.", "bench", "http://127.0.0.1:1", "--duration", "-1s")]
    [InlineData("--size '2MiB' must be a size from 1 to 1MiB", "bench", "http://127.0.0.1:1", "--size", "2MiB")]
    [InlineData("--limit '0' must be a number from 1 to 2147483647.", "deadletters", "list", "--limit", "0")]
    [InlineData("--after '7' must be LANE/SEQUENCE", "deadletters", "list", "--after", "7")]
    [InlineData("--state 'gone' must be dead or requeued.", "deadletters", "list", "--state", "gone")]
    [InlineData("--since 'soon' must be a time such as ", "deadletters", "export", "--since", "soon")]
    [InlineData("ID '7' must be LANE/SEQUENCE", "deadletters", "show", "7")]
    [InlineData("ID 'http/a/7' must be LANE/SEQUENCE", "deadletters", "show", "http/a/7")]
    [InlineData("--after 'http//7' must be LANE/SEQUENCE", "deadletters", "list", "--after", "http//7")]
    [InlineData("ID 'http/x' must be LANE/SEQUENCE", "deadletters", "requeue", "http/1", "http/x")]
    [InlineData("--from 'x' must be a number from 1.", "wal", "dump", ".", "--from", "x")]
    [InlineData("--to '-1' must be a number from 0.", "wal", "dump", ".", "--to", "-1")]
    public async Task A_value_out_of_its_range_is_refused_before_anybody_is_asked(string what, params string[] arguments)
    {
        (await Cli.RunAsync(arguments)).Is(ExitCode.Usage, error: what).Is(ExitCode.Usage, error: "ingest: try `ingest ");
    }

    [Theory]
    [InlineData("/h")]
    [InlineData("/?")]
    public async Task A_path_that_other_systems_take_for_help_is_a_path(string path)
    {
        (await Cli.RunAsync("wal", "inspect", path)).Is(ExitCode.Unavailable, error: path);
    }

    [Fact]
    public async Task A_value_that_begins_with_an_at_sign_is_a_value_and_no_file_is_read()
    {
        using var directory = new Ingest.Testing.TemporaryDirectory();
        await File.WriteAllTextAsync(directory["words"], "--help", TestContext.Current.CancellationToken);

        (await Cli.RunAsync("wal", "inspect", "@" + directory["words"])).Is(ExitCode.Unavailable, error: "@" + directory["words"]);
    }

    [Theory]
    [InlineData("--admin", "http://127.0.0.1:1", "lanes", "list")]
    [InlineData("lanes", "--admin", "http://127.0.0.1:1", "list")]
    [InlineData("lanes", "list", "--admin", "http://127.0.0.1:1")]
    [InlineData("--admin=http://127.0.0.1:1", "--token", "t", "status")]
    public async Task The_node_may_be_named_before_or_behind_the_command(params string[] arguments)
    {
        (await Cli.RunAsync(arguments)).Is(ExitCode.Unavailable, error: "Nobody answers at http://127.0.0.1:1 ");
    }

    [Fact]
    public async Task The_node_is_the_environments_where_no_flag_names_one()
    {
        (string, string)[] environment = [("INGEST_ADMIN", "http://127.0.0.1:1")];

        (await Cli.RunAsync(environment, ["status"])).Is(ExitCode.Unavailable, error: "Nobody answers at http://127.0.0.1:1 ");
        (await Cli.RunAsync(environment, ["status", "--admin", "http://127.0.0.1:2"])).Is(ExitCode.Unavailable,
            error: "at http://127.0.0.1:2 ");
        // What the command line reads is no setting of a node.
        (await Cli.RunAsync(environment, ["config", "check"])).Is(ExitCode.Fine);
    }

    [Fact]
    public void Every_command_and_every_flag_says_what_it_is_for()
    {
        var commands = All(CommandTree.Create()).ToList();

        Assert.True(commands.Count > 12);
        Assert.All(commands, command => Assert.False(string.IsNullOrEmpty(command.Description), command.Name));
        Assert.All(
            commands.SelectMany(command => command.Options.Select(option => (command, option))),
            pair => Assert.False(string.IsNullOrEmpty(pair.option.Description), $"{pair.command.Name} {pair.option.Name}"));
        Assert.All(
            commands.SelectMany(command => command.Arguments),
            argument => Assert.False(string.IsNullOrEmpty(argument.Description), argument.Name));
    }

    [Fact]
    public void Every_command_is_in_the_manual()
    {
        var manual = File.ReadAllText(Path.Combine(Ingest.Testing.SourceTree.Root, "docs", "cli.md"));
        foreach (var command in All(CommandTree.Create()).Where(command => command.Subcommands.Count == 0 && !command.Hidden))
        {
            var path = command.Name;
            for (var at = command.Parents.FirstOrDefault(); at is Command and not RootCommand; at = at.Parents.FirstOrDefault())
            {
                path = $"{at.Name} {path}";
            }
            path = $"ingest {path}";
            Assert.True(manual.Contains(path, StringComparison.Ordinal), $"docs/cli.md does not mention `{path}`.");
            foreach (var option in command.Options.Where(option => option.Name is not ("--help" or "--version") && !option.Hidden))
            {
                var mentioned = manual.Contains(option.Name, StringComparison.Ordinal);
                Assert.True(mentioned, $"docs/cli.md does not mention {option.Name} of `{path}`.");
            }
        }
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
