using System.CommandLine;
using Ingest.Worker.Commands;
using Ingest.Worker.Tests.Documents;

namespace Ingest.Worker.Tests.CommandLine;

public sealed class ExampleTests
{
    [Fact]
    public void Every_command_has_an_example_that_it_takes()
    {
        var root = CommandTree.Create();
        foreach (var command in All(root).Where(command => !command.Hidden))
        {
            var lines = Examples.Of(command);
            Assert.True(lines.Count > 0, $"`{Examples.PathOf(command)}` has no example.");
            foreach (var line in lines)
            {
                Assert.StartsWith(Examples.PathOf(command), line, StringComparison.Ordinal);
                var words = ShellLine.Commands(line).First();
                var parsed = root.Parse(GlobalFlags.Sort(root, words[1..]));
                Assert.True(parsed.Errors.Count == 0, $"{line}: {string.Join(' ', parsed.Errors.Select(error => error.Message))}");
            }
        }
    }

    [Theory]
    [InlineData("ingest lanes rewind kafka --to 2026-11-21T08:00:00Z", "lanes", "rewind", "--help")]
    [InlineData("ingest wal inspect /var/lib/ingest", "wal", "--help")]
    [InlineData("ingest serve --data /var/lib/ingest", "--help")]
    public async Task Help_ends_with_examples_also_where_an_argument_is_missing(string example, params string[] words)
    {
        var help = (await Cli.RunAsync(words)).Is(ExitCode.Fine, $"Examples:\n  {example}").Output;
        Assert.DoesNotContain("missing", help, StringComparison.Ordinal);
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
