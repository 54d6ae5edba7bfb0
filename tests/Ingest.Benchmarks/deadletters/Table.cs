using System.Diagnostics;
using System.Globalization;

namespace Ingest.DeadLetterBench;

/// <summary>Runs memory and litedb in turns, and compares the best of the rounds with what is asked for.</summary>
internal static class Table
{
    private sealed record Row(string Name, string Text, string Bar, Func<Cell, Cell, Cell, bool?> Holds);

    private static readonly Row[] Rows =
    [
        new("fill_s", "filled, s", "<= 1.1 x memory", (memory, store, _) => store["fill_s"] <= 1.1 * memory["fill_s"]),
        new("fill_cpu_s", "   of processor", "", (_, _, _) => null),
        new("level_s", "the store level, s", "", (_, _, _) => null),
        new("level_cpu_s", "   of processor", "", (_, _, _) => null),
        new("ready_s", "started until ready, s", "as without letters",
            (_, store, empty) => store["ready_s"] <= (1.1 * empty["ready_s"]) + 0.1),
        new("ready_cpu_s", "   of processor", "", (_, _, _) => null),
        new("known_s", "started until listed, s", "", (_, _, _) => null),
        new("start_level_s", "started until the store is level, s", "", (_, _, _) => null),
        new("list_ms", "a list by number, ms", "", (_, _, _) => null),
        new("page_ms", "a page, slowest of seven filters, ms", "<= 20", (_, store, _) => store["page_ms"] <= 20),
        new("page_worst_ms", "   slowest answer, ms", "", (_, _, _) => null),
        new("group_ms", "groups, slowest of five questions, ms", "<= 100", (_, store, _) => store["group_ms"] <= 100),
        new("group_worst_ms", "   slowest answer, ms", "", (_, _, _) => null),
        new("requeue_s", "nine tenths requeued and delivered, s", "<= 1.2 x memory",
            (memory, store, _) => store["requeue_s"] <= 1.2 * memory["requeue_s"]),
        new("requeue_cpu_s", "   of processor", "", (_, _, _) => null),
        new("stop_s", "stopped after that, s", "", (_, _, _) => null),
        new("log_mb", "the dead-letter log, MB", "", (_, _, _) => null),
        new("store_mb", "the store's files, MB", "<= 2 x the log", (_, store, _) => store["store_mb"] <= 2 * store["log_mb"]),
        new("rss_mb", "most resident memory, MB", "", (_, _, _) => null),
    ];

    /// <summary>1 where a bar does not hold; else 0.</summary>
    internal static async Task<int> PrintAsync(int letters, int rounds)
    {
        var cells = new Dictionary<string, Cell> { ["empty"] = new(), ["memory"] = new(), ["litedb"] = new() };
        for (var round = 0; round < rounds; round++)
        {
            await MeasureAsync(cells["empty"], "litedb", letters, refused: false);
            await MeasureAsync(cells["memory"], "memory", letters, refused: true);
            await MeasureAsync(cells["litedb"], "litedb", letters, refused: true);
        }
        var (empty, memory, store) = (cells["empty"], cells["memory"], cells["litedb"]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{letters:N0} letters, the best of {rounds}; ready with as many events and no letters: {empty["ready_s"]:0.00} s, "
                + $"{empty["ready_cpu_s"]:0.00} s of processor"));
        Console.WriteLine($"| {"",-38} | {"memory",8} | {"litedb",8} | {"asked for",-18} |      |");
        Console.WriteLine($"|{new string('-', 40)}|{new string('-', 9)}:|{new string('-', 9)}:|{new string('-', 20)}|------|");
        var failed = 0;
        foreach (var row in Rows)
        {
            var holds = row.Holds(memory, store, empty);
            failed += holds == false ? 1 : 0;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {row.Text,-38} | {memory[row.Name],8:0.00} | {store[row.Name],8:0.00} | {row.Bar,-18} | {Word(holds),-4} |"));
        }
        return failed > 0 ? 1 : 0;
    }

    private static string Word(bool? holds) => holds switch { true => "yes", false => "NO", null => "" };

    private static async Task MeasureAsync(Cell cell, string store, int letters, bool refused)
    {
        var data = Directory.CreateTempSubdirectory("deadletters-").FullName;
        try
        {
            await ChildAsync(cell, "fill", store, data, Text(letters), refused.ToString());
            var begun = Text(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
            await ChildAsync(cell, "start", store, data, Text(letters), refused.ToString(), begun);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task ChildAsync(Cell cell, params string[] arguments)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!;
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Split('=') is [var name, var value] && double.TryParse(value, CultureInfo.InvariantCulture, out var number))
            {
                cell.Add(name, number);
            }
            else
            {
                Console.Error.WriteLine(line);
            }
        }
        await child.WaitForExitAsync();
        if (child.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {child.ExitCode}");
        }
    }
}

/// <summary>What was measured of one store, round after round.</summary>
internal sealed class Cell
{
    private readonly Dictionary<string, List<double>> _values = new(StringComparer.Ordinal);

    /// <summary>The smallest, which others on the machine disturbed least; 0 where nothing was measured.</summary>
    internal double this[string name] => _values.TryGetValue(name, out var values) ? values.Min() : 0;

    internal void Add(string name, double value)
    {
        if (!_values.TryGetValue(name, out var values))
        {
            _values[name] = values = [];
        }
        values.Add(value);
    }
}
