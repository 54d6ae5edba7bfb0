using System.Diagnostics;
using Ingest.Testing;

namespace Ingest.Worker.Tests.CommandLine;

/// <summary>The scripts complete in the shells themselves, where they are installed.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("bash", "ingest la", "lanes")]
    [InlineData("bash", "ingest lanes re", "rewind")]
    [InlineData("bash", "ingest serve --in", "--intake")]
    [InlineData("bash", "ingest status -o y", "yaml")]
    [InlineData("fish", "ingest la", "lanes")]
    [InlineData("fish", "ingest lanes re", "rewind")]
    [InlineData("fish", "ingest serve --in", "--intake")]
    [InlineData("fish", "ingest status -o y", "yaml")]
    [InlineData("zsh", "ingest la", "lanes")]
    [InlineData("zsh", "ingest lanes re", "rewind")]
    [InlineData("zsh", "ingest serve --in", "--intake")]
    [InlineData("zsh", "ingest status -o y", "yaml")]
    public async Task A_shell_completes_commands_flags_and_values(string shell, string line, string expected)
    {
        var program = new[] { $"/usr/bin/{shell}", $"/bin/{shell}" }.FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, $"{shell} is not installed.");
        var script = (await Cli.RunAsync("completion", shell)).Is(ExitCode.Fine).Output;
        Directory.CreateDirectory(_directory["bin"]);
        File.CreateSymbolicLink(_directory["bin/ingest"], SourceTree.Executable());
        await File.WriteAllTextAsync(_directory["ingest.script"], script, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_directory["try"], Try(shell, line), TestContext.Current.CancellationToken);

        var start = new ProcessStartInfo(program!, shell == "zsh" ? ["-f", _directory["try"]] : [_directory["try"]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{_directory["bin"]}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = _directory.Path;
        using var process = Process.Start(start)!;
        var wrong = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(
            said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim()).SequenceEqual([expected]),
            $"{said}\n{await wrong}");
    }

    private string Try(string shell, string line) => shell switch
    {
        "bash" => $$"""
            source {{_directory["ingest.script"]}}
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
            read -ra COMP_WORDS <<<"$COMP_LINE"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _ingest
            printf '%s\n' "${COMPREPLY[@]}"
            """,
        "fish" => $"""
            source {_directory["ingest.script"]}
            complete -C '{line}' | cut -f1
            """,
        // A shell on a terminal of its own, in which Tab is pressed: nothing less runs zsh's completion.
        _ => $$"""
            zmodload zsh/zpty
            zpty shell 'PS1= TERM=dumb zsh -f -i'
            zpty -w shell 'autoload -Uz compinit; compinit -u -D; source {{_directory["ingest.script"]}}'
            zpty -w shell 'done-with-it() { print "LINE:$BUFFER:"; exit }; zle -N done-with-it; bindkey "^X" done-with-it; print RE""ADY'
            zpty -r shell said '*READY*'
            zpty -w -n shell '{{line}}'$'\t'$'\x18'
            zpty -r shell said '*LINE:*:*'
            said=${said##*LINE:}; said=${said%%:*}
            print -r -- ${${=said}[-1]}
            """,
    };
}
