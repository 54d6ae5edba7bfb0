using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Ingest.Testing;
using Ingest.Worker.Commands;
using Ingest.Worker.Commands.Output;
using YamlDotNet.RepresentationModel;

namespace Ingest.Worker.Tests.CommandLine;

public sealed class OutputTests : IDisposable
{
    // They print what is in no other form: a script, a page, lines of JSON; or serve.
    private static readonly string[] Formless =
    [
        "serve", "bash", "zsh", "fish", "document", "dump", "export", "set", "use", "remove", "top", "support-bundle",
        "trace", "gcdump",
        "man",
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_command_that_shows_something_has_it_for_scripts_too()
    {
        var commands = All(CommandTree.Create()).Where(command => command.Subcommands.Count == 0).ToList();

        Assert.Empty(commands
            .Where(command => !Formless.Contains(command.Name) || (command.Name == "set" && command.Parents.First().Name == "policy"))
            .Where(command => !command.Options.Any(option => option.Name == "--json")
                || !command.Options.Any(option => option.Aliases.Contains("-o")))
            .Select(Examples.PathOf));
    }

    [Theory]
    [InlineData("""{"a":1,"b":[true,null,1.5,"x"],"c":{"d":"no","e":"1e3","f":"","g":"- x: #y"}}""")]
    [InlineData("""{"turned":"a\u202Eb","lines":"one\ntwo","control":"\u001b[31m","lone":"\u0000"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"events":9223372036854775807,"text":"9223372036854775807","time":"2026-11-21T08:00:00Z"}""")]
    public void YAML_says_the_same_as_JSON_and_hides_nothing(string json)
    {
        using var document = JsonDocument.Parse(json);

        var text = Yaml.Text(document.RootElement);

        Assert.All(text, character => Assert.True(character is '\n' or (>= ' ' and not '\u202E' and not '\u007f')));
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        Same(document.RootElement, yaml.Documents[0].RootNode);
    }

    [Fact]
    public async Task What_is_watched_is_shown_again_and_a_node_that_goes_away_does_not_end_it()
    {
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["discard"] });
        var start = new ProcessStartInfo(
            SourceTree.Executable(), ["status", "-o", "json", "--watch", "--every", "100ms", "--admin", node.Setup.Admin.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var watching = Process.Start(start)!;
        try
        {
            for (var i = 0; i < 3; i++)
            {
                var line = await watching.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
                using var status = JsonDocument.Parse(line!);
                Assert.True(status.RootElement.GetProperty("ready").GetBoolean());
            }
            await node.KillAsync();
            var said = await watching.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.Contains("Asked again in 100ms.", said, StringComparison.Ordinal);
            Assert.False(watching.HasExited);
        }
        finally
        {
            watching.Kill();
            await watching.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Two_forms_at_once_are_refused()
    {
        (await Cli.RunAsync("status", "--json", "-o", "yaml")).Is(ExitCode.Usage, error: "--json and -o yaml are two different forms");
        (await Cli.RunAsync("status", "-o", "xml")).Is(ExitCode.Usage, error: "--output 'xml' must be table, wide, json or yaml.");
    }

    [Theory]
    [InlineData("xterm", null, true)]
    [InlineData("xterm", "", true)]
    [InlineData("xterm", "1", false)]
    [InlineData("dumb", null, false)]
    public async Task Colours_are_on_a_terminal_alone_and_not_where_the_environment_forbids_them(
        string term, string? noColor, bool isColoured)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "Needs script, of Debian's bsdutils, for a terminal.");
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"], Sinks = ["discard"] }.With(
            ("Drain:BalancerDelay", "0")));
        var admin = node.Setup.Admin.ToString();
        (await Cli.RunAsync("drain", "--admin", admin)).Is(ExitCode.Fine);
        Assert.DoesNotContain('\e', (await Cli.RunAsync([("TERM", term)], ["status", "--admin", admin])).Is(ExitCode.NotFine).Output);

        var start = new ProcessStartInfo(
            "/usr/bin/script", ["-qec", $"{SourceTree.Executable()} status --admin {admin}", "/dev/null"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = term;
        start.Environment["NO_COLOR"] = noColor;
        using var terminal = Process.Start(start)!;
        var said = await terminal.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await terminal.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Contains("drained, not ready", said, StringComparison.Ordinal);
        Assert.Equal(isColoured, said.Contains("\e[1;31m", StringComparison.Ordinal));
    }

    private static void Same(JsonElement json, YamlNode yaml)
    {
        switch (yaml)
        {
            case YamlMappingNode map:
                Assert.Equal(
                    json.EnumerateObject().Select(member => member.Name), map.Children.Keys.Select(key => ((YamlScalarNode)key).Value));
                json.EnumerateObject().Zip(map.Children.Values).ToList().ForEach(pair => Same(pair.First.Value, pair.Second));
                break;
            case YamlSequenceNode list:
                Assert.Equal(json.GetArrayLength(), list.Children.Count);
                json.EnumerateArray().Zip(list.Children).ToList().ForEach(pair => Same(pair.First, pair.Second));
                break;
            case YamlScalarNode scalar:
                var isText = json.ValueKind == JsonValueKind.String;
                Assert.Equal(isText ? json.GetString() : json.ValueKind == JsonValueKind.Null ? "" : json.GetRawText(), scalar.Value);
                // What would be read as something else than text is quoted.
                Assert.True(
                    !isText || scalar.Style != YamlDotNet.Core.ScalarStyle.Plain
                    || scalar.Value is not ("no" or "1e3" or "" or "9223372036854775807"));
                break;
        }
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
