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
    [InlineData("Cannot parse argument 'x'", "try `ingest wal dump --help`", "wal", "dump", ".", "--from", "x")]
    [InlineData("--sink and --set go with --data DIR", "", "drain", "--sink", "file")]
    [InlineData("--deadline 'soon' must be a duration", "", "drain", "--deadline", "soon")]
    [InlineData("is no address", "", "status", "--admin", "nonsense")]
    public async Task A_command_line_that_makes_no_sense_ends_with_2_and_says_which_word(
        string what, string hint, params string[] arguments)
    {
        (await Cli.RunAsync(arguments)).Is(ExitCode.Usage, error: what).Is(ExitCode.Usage, error: hint);
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
            var path = command.Parents.FirstOrDefault() is Command and not RootCommand and var parent
                ? $"ingest {parent.Name} {command.Name}"
                : $"ingest {command.Name}";
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
