using System.CommandLine;
using System.Globalization;
using Ingest.Hosting.Settings.Values;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Output;

/// <summary><c>--watch</c>: shows the same again and again, until it is interrupted.</summary>
internal sealed class WatchOption
{
    private const string Clear = "\e[H\e[2J\e[3J";

    private static readonly TimeSpan EveryMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan EveryMax = TimeSpan.FromHours(1);

    private readonly Option<bool> _watch = new("--watch", "-w")
    {
        Description = "Show it again every --every, until Ctrl-C; with -o json a line each time.",
    };

    private readonly Option<string> _every = new Option<string>("--every")
    {
        HelpName = "TIME",
        Description = "With --watch: how often. Default 2s.",
        DefaultValueFactory = _ => "2s",
    }.Within(EveryMin, EveryMax);

    private bool _isAlways;

    private WatchOption()
    {
    }

    /// <summary>For a command that is watched whether or not it is said.</summary>
    internal static WatchOption AddAlways(Command command)
    {
        var option = new WatchOption { _isAlways = true };
        command.Add(option._every);
        return option;
    }

    internal static WatchOption AddTo(Command command)
    {
        var option = new WatchOption();
        command.Add(option._watch);
        command.Add(option._every);
        return option;
    }

    /// <summary>
    /// Runs a command once, or for as long as it is watched. What prevents it the first time ends it, later times do not.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="printing">How it prints.</param>
    /// <param name="once">Shows it once, and returns the exit code.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<int> RunAsync(
        ParseResult parsed, Printing printing, Func<CancellationToken, Task<int>> once, CancellationToken cancel)
    {
        if (!_isAlways && !parsed.GetValue(_watch))
        {
            return await once(cancel);
        }
        var every = Duration.TryParse(parsed.GetRequiredValue(_every), out var time) ? time : TimeSpan.FromSeconds(2);
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                await ShowAsync(printing, every, isFirst, once, cancel);
            }
            catch (CommandFailure failure) when (!isFirst && failure.ExitCode == ExitCode.Unavailable)
            {
                await Console.Error.WriteLineAsync($"ingest: {Visible.Escape(failure.Message)} Asked again in {Duration.Format(every)}.");
            }
            await Task.Delay(every, TimeProvider.System, cancel);
        }
    }

    // What is shown is gathered first: a screen that is cleared before the answer is there flickers.
    private static async Task ShowAsync(
        Printing printing, TimeSpan every, bool isFirst, Func<CancellationToken, Task<int>> once, CancellationToken cancel)
    {
        if (printing.IsDocument)
        {
            if (printing.Format == OutputFormat.Yaml && !isFirst)
            {
                await Console.Out.WriteLineAsync("---");
            }
            await once(cancel);
            return;
        }
        var screen = Console.Out;
        await using var gathered = new StringWriter(CultureInfo.InvariantCulture);
        try
        {
            Console.SetOut(gathered);
            await once(cancel);
        }
        finally
        {
            Console.SetOut(screen);
        }
        var now = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var head = $"{now}, every {Duration.Format(every)}; Ctrl-C ends it";
        var start = Console.IsOutputRedirected ? isFirst ? "" : "\n" : Clear;
        await screen.WriteAsync($"{start}{Palette.Paint(head, Tone.Faint, Palette.IsOn)}\n\n{gathered}");
        await screen.FlushAsync(cancel);
    }
}
