using System.Collections.Concurrent;
using System.Globalization;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>Of two processes with one log one delivers; the other says so, and nothing of it is ever seen.</summary>
public sealed class ZombieTableTests(ITestOutputHelper output)
{
    private const string ZombiesVariable = "INGEST_TEST_TRANSACTION_ZOMBIES";
    private const int SeriesMax = 9;
    private const int AtOnce = 2;

    [Fact]
    public async Task A_node_frozen_in_a_transaction_whose_directory_another_delivers_is_fenced_when_it_wakes()
    {
        var rows = await ZombieSeries.RunAsync([ZombieKind.Frozen], TestSeed.Read(output.WriteLine));
        Assert.All(rows, row => Assert.Equal(0, row.Broken));
    }

    /// <summary>checks/transactions.sh runs it and shows the table.</summary>
    [Fact(Explicit = true)]
    public async Task Every_second_process_with_a_log_is_fenced_however_it_comes_to_be()
    {
        var zombies = int.Parse(Environment.GetEnvironmentVariable(ZombiesVariable) ?? "100", CultureInfo.InvariantCulture);
        var seed = TestSeed.Read(output.WriteLine);
        using var table = new TransactionTable("zombies", seed, ZombieRow.Head);
        var kinds = Enumerable.Range(0, zombies).Select(index => ZombieKind.All[index % ZombieKind.All.Count]);
        var found = new ConcurrentBag<ZombieRow>();
        var limits = new ParallelOptions
        {
            MaxDegreeOfParallelism = AtOnce,
            CancellationToken = TestContext.Current.CancellationToken,
        };
        await Parallel.ForEachAsync(kinds.Chunk(SeriesMax).Index(), limits, async (part, _) =>
        {
            foreach (var row in await ZombieSeries.RunAsync(part.Item, seed + part.Index))
            {
                found.Add(row);
            }
        });
        var rows = found.ToList();
        foreach (var kind in rows.GroupBy(row => row.Kind).OrderBy(kind => kind.Key.Name, StringComparer.Ordinal))
        {
            var sum = new ZombieRow(
                kind.Key, kind.Sum(row => row.Zombies), kind.Sum(row => row.Accepted), kind.Sum(row => row.Visible), 0, 0, 0, 0);
            await table.AddAsync(sum.ToString());
        }
        await table.AddAsync("");
        await table.AddAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{rows.Sum(row => row.Zombies)} zombies, {rows.Sum(row => row.Owners)} events acknowledged by those that delivered: "
            + $"lost {rows.Sum(row => row.Lost)}, twice {rows.Sum(row => row.Twice)}, of unknown origin {rows.Sum(row => row.Strange)}."));
        Assert.All(rows, row => Assert.True(row.Broken == 0, row.Broken + " broken: " + row.Kind.Name));
    }
}
