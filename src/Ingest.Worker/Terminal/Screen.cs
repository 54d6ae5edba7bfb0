using Spectre.Console;

namespace Ingest.Worker.Terminal;

/// <summary>
/// Where commands show what they found: tables on standard output, progress on standard error, both plain where nobody looks.
/// </summary>
internal static class Screen
{
    // Wide enough that no table is broken where its lines go to a file or to grep.
    private const int PipeColumns = 240;

    private static readonly Lazy<IAnsiConsole> LazyOut = new(() => Create(Console.Out, Console.IsOutputRedirected));
    private static readonly Lazy<IAnsiConsole> LazyError = new(() => Create(Console.Error, Console.IsErrorRedirected));

    /// <summary>Somebody watches: progress may be shown.</summary>
    internal static bool IsWatched => !Console.IsErrorRedirected && !Console.IsOutputRedirected;

    /// <summary>For progress.</summary>
    internal static IAnsiConsole Error => LazyError.Value;

    /// <summary>A table with a header; columns whose names begin with <c>#</c> stand to the right.</summary>
    internal static Table NewTable(params ReadOnlySpan<string> columns)
    {
        var table = new Table().Border(TableBorder.Simple).BorderColor(Color.Grey);
        foreach (var column in columns)
        {
            var right = column.StartsWith('#');
            var shown = new TableColumn(new Text(right ? column[1..] : column, new Style(decoration: Decoration.Bold))).NoWrap();
            table.AddColumn(right ? shown.RightAligned() : shown);
        }
        return table;
    }

    /// <summary>Adds a row of plain text: nothing in it is markup.</summary>
    internal static void Row(Table table, params ReadOnlySpan<string> cells)
    {
        var row = new Text[cells.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            row[i] = new Text(cells[i]);
        }
        table.AddRow(row);
    }

    internal static void Show(Table table) => LazyOut.Value.Write(table);

    /// <summary>A line of plain text.</summary>
    internal static void Line(string text = "") => Console.Out.WriteLine(text);

    /// <summary>A heading, and what is to be said about it.</summary>
    internal static void Fact(string name, string text) => Console.Out.WriteLine($"{name,-9} {text}");

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (redirected)
        {
            console.Profile.Width = PipeColumns;
        }
        return console;
    }
}
