using System.Collections.Concurrent;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Isolation;

/// <summary>
/// One bad stream, key or event never stops the others, whatever refuses it and however: the others arrive in time and in order, the sum
/// adds up at every look, what waits is shown, and all of it is delivered when the receiver is mended, with a kill in between.
/// </summary>
public sealed class IsolationTableTests(ITestOutputHelper output)
{
    private const string NamesVariable = "INGEST_TEST_ISOLATION";
    private const int AtOnce = 3;

    [Fact]
    public Task One_bad_stream_key_or_event_stops_no_other() => RunAsync(Refusal.Short, inTimeSeconds: 20);

    /// <summary>checks/isolation.sh runs it and shows the table.</summary>
    [Fact(Explicit = true)]
    public Task One_bad_stream_key_or_event_stops_no_other_in_whatever_way_it_is_refused() =>
        RunAsync(Refusal.All, inTimeSeconds: 2);

    // A busy machine breaks no promise: the bound on time is strict only where it is measured.
    private async Task RunAsync(IReadOnlyList<Refusal> all, double inTimeSeconds)
    {
        var wanted = Environment.GetEnvironmentVariable(NamesVariable) ?? "";
        var refusals = all.Where(one => $"{one.Sink} {one.What} {one.How}".Contains(wanted, StringComparison.OrdinalIgnoreCase)).ToList();
        var rows = new ConcurrentDictionary<Refusal, IsolationRow>();
        var limits = new ParallelOptions
        {
            MaxDegreeOfParallelism = AtOnce,
            CancellationToken = TestContext.Current.CancellationToken,
        };
        await Parallel.ForEachAsync(
            refusals, limits, async (refusal, _) => rows[refusal] = await IsolationRun.RunAsync(refusal, inTimeSeconds));
        string[] table = [.. IsolationRow.Head, .. refusals.Select(refusal => rows[refusal].ToString())];
        output.WriteLine(string.Join('\n', table));
        var directory = Directory.CreateDirectory(Path.Combine(SourceTree.Root, "artifacts", "isolation"));
        await File.WriteAllLinesAsync(Path.Combine(directory.FullName, "table.md"), table, TestContext.Current.CancellationToken);
        var broken = refusals.SelectMany(refusal => rows[refusal].Broken.Select(what => $"{refusal}: {what}")).ToList();
        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }
}
