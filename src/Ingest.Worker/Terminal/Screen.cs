using System.Globalization;
using Spectre.Console;

namespace Ingest.Worker.Terminal;

/// <summary>
/// Where commands show what they found: tables on standard output, progress on standard error, both plain where no terminal is.
/// </summary>
internal static class Screen
{
    // Wide enough that no table is broken where its lines go to a file or to grep.
    private const int PipeColumns = 240;

    private static readonly Lazy<IAnsiConsole> LazyOut = new(() => Create(Console.Out, Console.IsOutputRedirected));
    private static readonly Lazy<IAnsiConsole> LazyError = new(() => Create(Console.Error, Console.IsErrorRedirected));

    /// <summary>Whether it is a terminal: progress may be shown.</summary>
    internal static bool IsWatched => !Console.IsErrorRedirected && !Console.IsOutputRedirected;

    /// <summary>For progress.</summary>
    internal static IAnsiConsole Error => LazyError.Value;

    /// <summary>A table with a header; columns whose names begin with <c>#</c> stand to the right.</summary>
    internal static TextTable NewTable(params ReadOnlySpan<string> columns) => new(columns);

    /// <summary>Adds a row; what its cells hold is escaped.</summary>
    internal static void Row(TextTable table, params ReadOnlySpan<Cell> cells) => table.Add(cells);

    /// <summary>Prints a table, as wide as the terminal is, or as it wants to be where it goes to a file or a pipe.</summary>
    internal static void Show(TextTable table)
    {
        Console.Out.WriteLine();
        foreach (var line in table.Lines(Columns(), Palette.IsOn))
        {
            Console.Out.WriteLine(line);
        }
        Console.Out.WriteLine();
    }

    /// <summary>A line of text; what it holds is escaped.</summary>
    internal static void Line(string text = "", Tone tone = Tone.Plain) =>
        Console.Out.WriteLine(Palette.Paint(Visible.Escape(text), tone, Palette.IsOn));

    /// <summary>Lines of text as they are but for what is escaped: JSON for people.</summary>
    internal static void Lines(string text) => Console.Out.WriteLine(Visible.EscapeLines(text));

    /// <summary>A heading, and what is to be said about it.</summary>
    internal static void Fact(string name, string text, Tone tone = Tone.Plain) =>
        Console.Out.WriteLine($"{name,-9} {Palette.Paint(Visible.Escape(text), tone, Palette.IsOn)}");

    /// <summary>Asks on the terminal; only <c>y</c> and <c>yes</c> are consent.</summary>
    internal static bool Confirm(string question)
    {
        Console.Error.Write($"{Visible.Escape(question)} [y/N] ");
        return Console.In.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    /// <summary>Whether a person can be asked.</summary>
    internal static bool CanAsk => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    // COLUMNS is what a script says that knows better, such as one that records a terminal.
    internal static int Columns()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var told)
            && told > 0)
        {
            return told;
        }
        return Console.IsOutputRedirected ? int.MaxValue : Math.Max(20, LazyOut.Value.Profile.Width);
    }

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = Palette.IsAllowed ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        if (redirected)
        {
            console.Profile.Width = PipeColumns;
        }
        return console;
    }
}
