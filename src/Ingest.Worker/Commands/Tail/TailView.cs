using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Tail;

/// <summary>Lines of a tail as they come: as they are for scripts, in columns for people.</summary>
internal sealed class TailView(Printing printing)
{
    private const int WidthOfPipe = 240;

    private static readonly CompositeFormat Columns = CompositeFormat.Parse("{0,12}  {1,-24}  {2,-16}  {3,-16}  {4}");

    private bool _headed;

    /// <summary>Events shown.</summary>
    internal long Events { get; private set; }

    /// <summary>The number behind the last line; null before the first.</summary>
    internal string? Next { get; private set; }

    internal void Show(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        if (root.TryGetProperty("missing", out var missing))
        {
            var first = missing.GetProperty("first").GetInt64();
            var count = missing.GetProperty("count").GetInt64();
            Next = (first + count).ToString(CultureInfo.InvariantCulture);
            Print(line, $"{Humanize.Count(count, "event")} from {first} on are "
                + (missing.GetProperty("reclaimed").GetBoolean() ? "removed already" : "lost to damage"));
            return;
        }
        var sequence = root.GetProperty("seq").GetInt64();
        Events++;
        Next = (sequence + 1).ToString(CultureInfo.InvariantCulture);
        Print(line, printing.IsDocument ? "" : Row(sequence, root));
    }

    private string Row(long sequence, JsonElement line)
    {
        Head();
        var data = line.TryGetProperty("data", out var value) ? value.GetRawText()
            : line.TryGetProperty("data_base64", out var bytes) ? "base64 " + bytes.GetString()
            : "";
        var row = string.Format(
            CultureInfo.InvariantCulture, Columns, sequence, Text(line, "time"), Text(line, "stream"), Text(line, "key"),
                Visible.Escape(data));
        return row.Length <= Width ? row : string.Concat(row.AsSpan(0, Width - 1), "…");
    }

    private static int Width => Console.IsOutputRedirected ? WidthOfPipe : Math.Max(80, Console.WindowWidth);

    private void Head()
    {
        if (!_headed)
        {
            _headed = true;
            Screen.Line(string.Format(CultureInfo.InvariantCulture, Columns, "Event", "Accepted", "Stream", "Key", "Data"));
        }
    }

    private void Print(string line, string forPeople)
    {
        if (!printing.IsDocument)
        {
            Screen.Line(forPeople);
            return;
        }
        if (printing.Format == OutputFormat.Yaml)
        {
            Console.Out.WriteLine("---");
        }
        printing.Print(line);
    }

    private static string Text(JsonElement line, string name) =>
        line.TryGetProperty(name, out var value) ? Visible.Escape(value.GetString() ?? "") : "";
}
