using System.Collections.Concurrent;
using System.Globalization;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>A node that is killed at any moment of its transactions loses no event, and none is seen twice or out of order.</summary>
public sealed class KillTableTests(ITestOutputHelper output)
{
    private const string KillsVariable = "INGEST_TEST_TRANSACTION_KILLS";
    private const string MomentsVariable = "INGEST_TEST_TRANSACTION_MOMENTS";
    private const int SeriesKillsMax = 25;
    private const int AtOnce = 3;

    [Fact]
    public Task A_node_killed_in_the_middle_of_transactions_delivers_each_event_once_and_in_order() =>
        RunAsync("one of each kind", KillMoment.Short);

    [Fact]
    public Task A_node_killed_while_parked_events_go_behind_its_position_delivers_each_event_once_and_in_order() =>
        RunAsync("events are parked or tried again", KillMoment.ShortWithParked);

    private async Task RunAsync(string name, IReadOnlyList<KillMoment> moments)
    {
        var row = await KillSeries.RunAsync(name, moments, TestSeed.Read(output.WriteLine));
        output.WriteLine(string.Join('\n', [.. KillRow.Head, row.ToString()]));
        Assert.True(row.Broken == 0, row.Said);
    }

    /// <summary>checks/transactions.sh runs it and shows the table.</summary>
    [Fact(Explicit = true)]
    public async Task A_node_killed_at_every_step_of_transactions_delivers_each_event_once_and_in_order()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable(KillsVariable) ?? "300", CultureInfo.InvariantCulture);
        var seed = TestSeed.Read(output.WriteLine);
        using var table = new TransactionTable("kills", seed, KillRow.Head);
        var wanted = Environment.GetEnvironmentVariable(MomentsVariable) ?? "";
        var rows = new ConcurrentBag<KillRow>();
        var limits = new ParallelOptions
        {
            MaxDegreeOfParallelism = AtOnce,
            CancellationToken = TestContext.Current.CancellationToken,
        };
        var series = Series(kills).Index().Where(one => one.Item.Moment.Name.Contains(wanted, StringComparison.Ordinal));
        await Parallel.ForEachAsync(series, limits, async (one, _) =>
        {
            var (moment, share) = one.Item;
            var row = await KillSeries.RunAsync(moment.Name, [.. Enumerable.Repeat(moment, share)], seed + one.Index);
            rows.Add(row);
            await table.AddAsync(row.ToString());
        });
        await table.AddAsync(KillRow.Sum(rows));
        Assert.All(rows, row => Assert.True(row.Broken == 0, row.Said));
    }

    // Each moment has its share, in series short enough for what a partition of the mock cluster keeps.
    private static IEnumerable<(KillMoment Moment, int Share)> Series(int kills)
    {
        var moments = KillMoment.All.Count;
        for (var index = 0; index < moments; index++)
        {
            var left = (kills * (index + 1) / moments) - (kills * index / moments);
            for (; left > 0; left -= SeriesKillsMax)
            {
                yield return (KillMoment.All[index], Math.Min(left, SeriesKillsMax));
            }
        }
    }
}
