using System.Collections.Concurrent;
using System.Globalization;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Faults;

/// <summary>
/// The table of faults: the real executable, a cluster in a process of its own, a fault between them, load throughout. Nothing is lost,
/// every key stays in order, and the sums add up at every moment.
/// </summary>
public sealed class FaultTableTests(ITestOutputHelper output)
{
    private const string SecondsVariable = "INGEST_TEST_FAULT_SECONDS";
    private const string NamesVariable = "INGEST_TEST_FAULTS";
    private const double ShortSeconds = 4;
    private const double FullSeconds = 60;

    /// <summary>Lanes that lose patience soon, so that a short fault shows all there is to see.</summary>
    private static readonly (string Key, string Value)[] Impatient =
    [
        ("Sinks:Kafka:RequestTimeout", "00:00:01"),
        ("Sinks:Kafka:OpenTimeout", "00:00:02"),
        ("Sinks:Kafka:TopicWait", "00:00:01"),
        ("Sinks:Kafka:CloseTimeout", "00:00:01"),
        ("Publishing:AttemptTimeout", "00:00:01"),
        // A sink that was told to give up and has not had the processor yet is waited for: left behind, it may deliver what is sent again.
        ("Publishing:AttemptGrace", "00:00:30"),
        ("Publishing:BackoffMax", "00:00:00.500"),
        ("Publishing:BlockedMin", "00:00:00.200"),
        ("Publishing:BlockedMax", "00:00:00.500"),
        ("Publishing:BreakerAttemptsMin", "2"),
        ("Publishing:BreakerWindow", "00:00:02"),
        ("Publishing:BreakerPauseMin", "00:00:00.500"),
        ("Publishing:BreakerPauseMax", "00:00:01"),
    ];

    [Fact]
    public async Task Every_fault_for_a_few_seconds_loses_nothing_and_reorders_nothing() =>
        await RunAsync(Fault.All, TimeSpan.FromSeconds(ShortSeconds), atOnce: 4, Impatient);

    /// <summary>checks/faults.sh runs it and shows the table.</summary>
    [Fact(Explicit = true)]
    public async Task Every_fault_for_as_long_as_outages_last()
    {
        var seconds = Environment.GetEnvironmentVariable(SecondsVariable) is { } asked
            ? double.Parse(asked, CultureInfo.InvariantCulture)
            : FullSeconds;
        // With the usual 30 s an attempt lasts as long as most outages: the client delivers what it holds, and no breaker need open.
        var faults = Fault.All.Select(fault => fault.MustShow.Contains("open") ? fault with { MustShow = [] } : fault);
        await RunAsync([.. faults], TimeSpan.FromSeconds(seconds), atOnce: 3);
    }

    private async Task RunAsync(
        IReadOnlyList<Fault> all, TimeSpan whole, int atOnce, params IReadOnlyList<(string Key, string Value)> settings)
    {
        var rows = new ConcurrentDictionary<Fault, FaultRow>();
        var course = new FaultCourse(whole, settings);
        var wanted = Environment.GetEnvironmentVariable(NamesVariable) ?? "";
        var faults = all.Where(fault => fault.Name.Contains(wanted, StringComparison.Ordinal)).ToList();
        var limits = new ParallelOptions
        {
            MaxDegreeOfParallelism = atOnce,
            CancellationToken = TestContext.Current.CancellationToken,
        };
        await Parallel.ForEachAsync(faults.Index(), limits, async (numbered, _) =>
            rows[numbered.Item] = await course.RunAsync(numbered.Item, seed: numbered.Index + 1));

        string[] table = [FaultRow.Head, .. faults.Select(fault => rows[fault].ToString())];
        output.WriteLine(string.Join('\n', table));
        await WriteAsync(whole, table, rows.Values);
        var broken = faults.SelectMany(fault => rows[fault].Broken.Select(what => $"{fault}: {what}")).ToList();
        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    private static async Task WriteAsync(TimeSpan whole, string[] table, IEnumerable<FaultRow> rows)
    {
        var directory = Directory.CreateDirectory(Path.Combine(SourceTree.Root, "artifacts", "faults"));
        var name = string.Create(CultureInfo.InvariantCulture, $"{whole.TotalSeconds:F0}s");
        await File.WriteAllLinesAsync(Path.Combine(directory.FullName, $"table-{name}.txt"), table, TestContext.Current.CancellationToken);
        foreach (var row in rows)
        {
            var fault = row.Fault.Name.Replace(' ', '-').Replace(",", "", StringComparison.Ordinal);
            var file = Path.Combine(directory.FullName, $"{fault}-{name}");
            await File.WriteAllTextAsync($"{file}.csv", row.Trace.Csv, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync($"{file}.log", row.Output, TestContext.Current.CancellationToken);
        }
    }
}
