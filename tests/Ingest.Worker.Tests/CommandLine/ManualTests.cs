using System.CommandLine;
using System.Diagnostics;
using Ingest.Testing;
using Ingest.Worker.Commands;

namespace Ingest.Worker.Tests.CommandLine;

/// <summary>The manual page has all that the help has, and man reads it without a warning.</summary>
public sealed class ManualTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_manual_names_every_command_and_option()
    {
        var page = (await Cli.RunAsync("man")).Is(ExitCode.Fine).Output.Replace("\\-", "-", StringComparison.Ordinal);

        foreach (var command in Leaves(CommandTree.Create()))
        {
            var start = page.IndexOf($"\n.SS {Examples.PathOf(command)}", StringComparison.Ordinal);
            Assert.True(start >= 0, Examples.PathOf(command));
            var end = page.IndexOf("\n.fi", start, StringComparison.Ordinal);
            Assert.All(
                command.Options.Where(option => !option.Hidden),
                option => Assert.Contains($"\\fB{option.Name}\\fR", page[start..end], StringComparison.Ordinal));
        }
        // No line of text is read as a request of man's.
        string[] requests = [".TH", ".SH", ".SS", ".TP", ".PP", ".B ", ".B", ".I ", ".nf", ".fi", ".br"];
        Assert.All(
            page.Split('\n').Where(line => line.StartsWith('.') || line.StartsWith('\'')),
            line => Assert.Contains(requests, request => line.StartsWith(request, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Man_shows_it_without_a_warning()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/groff"), "groff is not installed.");
        var page = (await Cli.RunAsync("man")).Is(ExitCode.Fine).Output;
        await File.WriteAllTextAsync(_directory["ingest.1"], page, TestContext.Current.CancellationToken);

        var start = new ProcessStartInfo("/usr/bin/groff", ["-man", "-Tutf8", "-P-cbou", "-ww", _directory["ingest.1"]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var warnings = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var shown = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("", await warnings);
        Assert.Contains("EXIT STATUS", shown, StringComparison.Ordinal);
    }

    private static IEnumerable<Command> Leaves(Command command) => command.Subcommands.Where(sub => !sub.Hidden)
        .SelectMany(sub => sub.Subcommands.Count > 0 ? Leaves(sub) : [sub]);
}
