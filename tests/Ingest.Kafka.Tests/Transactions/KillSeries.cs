using System.Globalization;
using System.Text.Json;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>
/// The real executable in transactions, killed again and again under load. What the broker was sent it does all the same, without
/// anybody there to hear of it. In the end a reader of committed messages has every event once.
/// </summary>
internal static class KillSeries
{
    private const int RandomMillisecondsMax = 3_000;
    private const short NotAuthorized = 29;

    // More than one batch of them.
    private const int ParkedEnough = 150;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Kills a node once at each of the moments.</summary>
    internal static async Task<KillRow> RunAsync(string name, IReadOnlyList<KillMoment> moments, int seed)
    {
        var random = new Random(seed);
        await using var node = await KafkaNode.PrepareTransactionsAsync(seed);
        List<VerifyRun> verifies = [new VerifyRun(node)];
        if (moments.Any(moment => moment.Parks))
        {
            verifies.Add(new VerifyRun(node, KafkaNode.OtherTopic));
        }
        using var end = new CancellationTokenSource();
        var runTime = moments.Count > KillMoment.All.Count ? "20s" : "3s";
        var sending = Task.WhenAll(verifies.Select(verify => verify.SendUntilAsync(runTime, end.Token)));
        try
        {
            foreach (var (index, moment) in moments.Index())
            {
                var isForbidden = moment.Parks && index % 2 == 0;
                node.Cluster.Rules.Refusal = request => isForbidden && request.Topic == KafkaNode.Topic ? NotAuthorized : null;
                if (isForbidden)
                {
                    await node.StartAgainAsync();
                    await Poll.Until(
                        "events are parked", async () => (await node.ReadLaneAsync()).ParkedEvents >= ParkedEnough, Patience);
                }
                await LaunchAndKillAsync(node, moment, random, isForbidden);
            }
            node.Cluster.Rules.Refusal = null;
            await node.StartAgainAsync();
        }
        finally
        {
            await end.CancelAsync();
            await sending;
        }
        await node.EmptyAsync(Patience);
        var verdicts = new List<JsonElement>();
        foreach (var verify in verifies)
        {
            verdicts.Add(await verify.JudgeAsync());
        }
        var (committed, aborted) = (node.Cluster.Rules.Transactions.Committed, node.Cluster.Rules.Transactions.Aborted);
        Assert.True(await node.Process.StopAsync() == 0, node.Process.Output);
        return new KillRow(name, moments.Count, verdicts, committed, aborted);
    }

    private static async Task LaunchAndKillAsync(KafkaNode node, KillMoment moment, Random random, bool isLaunched)
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
        if (!isLaunched)
        {
            node.Launch();
        }
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
/// <param name="Verdicts">What <c>ingest verify check</c> said, of each stream.</param>
/// <param name="Committed">Transactions that were committed with records in them.</param>
/// <param name="Aborted">Transactions that were aborted with records in them.</param>
internal sealed record KillRow(string Name, int Kills, IReadOnlyList<JsonElement> Verdicts, int Committed, int Aborted)
{
    internal static string[] Head { get; } =
    [
        "| The node is killed when | kills | acknowledged | seen | lost | twice | out of order | unexpected | committed | aborted |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ];

    /// <summary>Broken promises in all.</summary>
    internal long Broken => Of("lost") + Of("duplicated") + Of("outOfOrder") + Of("unexpected");

    /// <summary>A count of the verdict.</summary>
    internal long Of(string count) => Verdicts.Sum(verdict => verdict.GetProperty(count).GetInt64());

    /// <summary>What was said, for a test that fails.</summary>
    internal string Said => string.Join('\n', Verdicts.Select(verdict => verdict.GetRawText()));

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
