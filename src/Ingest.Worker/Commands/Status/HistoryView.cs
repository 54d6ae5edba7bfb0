using System.Globalization;
using System.Text.Json;
using Ingest.Hosting.Settings.Values;
using Ingest.Operations.History;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Status;

/// <summary>What a node did in the last time: a line of bars, the least, the mean and the most of each row.</summary>
internal static class HistoryView
{
    private const int Bars = 40;

    internal static async Task ShowAsync(AdminClient client, string since, Printing printing, CancellationToken cancel)
    {
        // The parser let only these through.
        var seconds = Duration.TryParse(since, out var time) ? (int)Math.Ceiling(time.TotalSeconds) : 1;
        var points = printing.IsDocument ? 300 : Bars;
        var path = string.Create(CultureInfo.InvariantCulture, $"/history?sinceSeconds={seconds}&points={points}");
        var answer = await client.TextAsync(HttpMethod.Get, path, content: null, cancel);
        if (printing.IsDocument)
        {
            printing.Print(answer);
            return;
        }
        Show(JsonSerializer.Deserialize(answer, HistoryJson.Default.HistoryPage)!);
    }

    internal static void Show(HistoryPage page)
    {
        var table = Screen.NewTable("Row", "Course", "#Now", "#Least", "#Mean", "#Most");
        foreach (var (name, values) in page.Node)
        {
            Add(table, name, values);
        }
        foreach (var (lane, rows) in page.Lanes)
        {
            foreach (var (name, values) in rows)
            {
                Add(table, $"{lane} {name}", values);
            }
        }
        Screen.Show(table);
        Screen.Line($"{page.Times[0]:yyyy-MM-dd HH:mm:ss}Z on, {Humanize.Seconds(page.StepSeconds)} a bar.");
    }

    private static void Add(TextTable table, string name, double?[] values)
    {
        var known = values.OfType<double>().ToList();
        if (known.Count > 0)
        {
            Screen.Row(
                table,
                name.Replace('_', ' '),
                Spark.Line(values),
                Text(name, known[^1]),
                Text(name, known.Min()),
                Text(name, known.Average()),
                Text(name, known.Max()));
        }
    }

    private static string Text(string name, double value) =>
        name.EndsWith("_bytes", StringComparison.Ordinal) ? Humanize.Bytes((long)value)
        : name.EndsWith("_per_second", StringComparison.Ordinal) ? Humanize.Count((long)Math.Round(value))
        : name.EndsWith("_seconds", StringComparison.Ordinal)
            ? value < 1 ? Humanize.Milliseconds(value * 1000) : Humanize.Seconds(value)
        : name.EndsWith("_ratio", StringComparison.Ordinal) ? Humanize.Percent(value)
        : value.ToString("#,0.#", CultureInfo.InvariantCulture);
}
