using System.Globalization;
using System.Text.Json;
using Ingest.Kafka.Tests.Rig;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>
/// The real executable in transactions, killed again and again under load. What the broker was sent it does all the same, without
/// anybody there to hear of it. In the end a reader of committed messages has every event once.
/// </summary>
internal static class KillSeries
{
    private const int RandomMillisecondsMax = 3_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Kills a node once at each of the moments.</summary>
    internal static async Task<KillRow> RunAsync(string name, IReadOnlyList<KillMoment> moments, int seed)
    {
        var random = new Random(seed);
        await using var node = await KafkaNode.PrepareTransactionsAsync(seed);
        var verify = new VerifyRun(node);
        using var end = new CancellationTokenSource();
        var sending = verify.SendUntilAsync(moments.Count > KillMoment.All.Count ? "20s" : "3s", end.Token);
        try
        {
            foreach (var moment in moments)
            {
                await LaunchAndKillAsync(node, moment, random);
            }
            await node.StartAgainAsync();
        }
        finally
        {
            await end.CancelAsync();
            await sending;
        }
        await node.EmptyAsync(Patience);
        var verdict = await verify.JudgeAsync(await node.Cluster.ReadCommittedAsync(KafkaNode.Topic));
        var (committed, aborted) = (node.Cluster.Rules.Transactions.Committed, node.Cluster.Rules.Transactions.Aborted);
        Assert.True(await node.Process.StopAsync() == 0, node.Process.Output);
        return new KillRow(name, moments.Count, verdict, committed, aborted);
    }

    private static async Task LaunchAndKillAsync(KafkaNode node, KillMoment moment, Random random)
    {
        if (moment.Step is not { } step)
        {
            await node.StartAgainAsync();
            var wait = TimeSpan.FromMilliseconds(random.Next(RandomMillisecondsMax));
            await Task.Delay(wait, TimeProvider.System, TestContext.Current.CancellationToken);
            await node.Process.KillAsync();
            return;
        }
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var passes = random.Next(moment.PassesMax + 1);
        node.Cluster.Rules.Transactions.OnStep = async at =>
        {
            if (at == step && Interlocked.Decrement(ref passes) == -1)
            {
                await node.Process.KillAsync();
                killed.TrySetResult();
            }
        };
        node.Launch();
        try
        {
            await killed.Task.WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"No kill at '{moment.Name}'. {node.Process.Output}", e);
        }
        node.Cluster.Rules.Transactions.OnStep = null;
    }
}

/// <summary>What came of a series.</summary>
/// <param name="Name">Of the kills.</param>
/// <param name="Kills">How many.</param>
/// <param name="Verdict">What <c>ingest verify check</c> said.</param>
/// <param name="Committed">Transactions that were committed with records in them.</param>
/// <param name="Aborted">Transactions that were aborted with records in them.</param>
internal sealed record KillRow(string Name, int Kills, JsonElement Verdict, int Committed, int Aborted)
{
    internal static string[] Head { get; } =
    [
        "| The node is killed when | kills | acknowledged | seen | lost | twice | out of order | unexpected | committed | aborted |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ];

    /// <summary>Broken promises in all.</summary>
    internal long Broken => Of("lost") + Of("duplicated") + Of("outOfOrder") + Of("unexpected");

    /// <summary>A count of the verdict.</summary>
    internal long Of(string count) => Verdict.GetProperty(count).GetInt64();

    /// <summary>The row of several series in one.</summary>
    internal static string Sum(IReadOnlyCollection<KillRow> rows) => Line(
        "**all**", rows.Sum(row => row.Kills), count => rows.Sum(row => row.Of(count)), rows.Sum(row => row.Committed),
        rows.Sum(row => row.Aborted));

    public override string ToString() => Line(Name, Kills, Of, Committed, Aborted);

    private static string Line(string name, int kills, Func<string, long> of, int committed, int aborted) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {kills} | {of("acknowledged")} | {of("arrived")} | {of("lost")} | {of("duplicated")} | {of("outOfOrder")} "
        + $"| {of("unexpected")} | {committed} | {aborted} |");
}
