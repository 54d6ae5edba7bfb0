using System.Globalization;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Faults;

/// <summary>One fault from beginning to end: load throughout, the lane watched from outside, and the account at the end.</summary>
/// <param name="whole">How long the longest fault lasts.</param>
/// <param name="settings">Of the node.</param>
internal sealed class FaultCourse(TimeSpan whole, params IReadOnlyList<(string Key, string Value)> settings)
{
    private static readonly SteadyPlan Plan = new() { RequestsPerSecond = 100, EventsPerRequest = 5, Connections = 8 };

    // What the node says before it sends events of unknown outcome again (docs/kafka.md). On a slow machine any fault may come to that.
    private static readonly string[] Repeating = ["A fatal producer error: ", "A broker refused a batch", " is blocked; nothing is lost"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    internal async Task<FaultRow> RunAsync(Fault fault, int seed)
    {
        await using var node = await KafkaNode.StartAsync(seed, [.. settings, .. fault.Settings]);
        using var stop = new CancellationTokenSource();
        var load = new SteadyLoad(node.Setup.IntakePort, node.Journal, Plan);
        var running = load.RunAsync(stop.Token);
        await Poll.Until("events flow", async () => (await node.ReadLaneAsync()).Sum.Delivered > 0);

        await using var trace = new LaneTrace(node);
        await fault.InflictAsync(node, new FaultTime(whole, () => fault.IsShownBy(trace.States)));
        var ended = TimeProvider.System.GetTimestamp();
        await CaughtUpAsync(fault, node);
        var recovery = TimeProvider.System.GetElapsedTime(ended);
        await stop.CancelAsync();
        await running;
        await node.EmptyAsync(Patience);
        var last = await node.ReadLaneAsync();
        await trace.StopAsync();

        Assert.True(await node.Process.StopAsync() == 0, node.Process.Output);
        var audit = TopicAudit.Judge(node.Journal, await node.ReadTopicAsync());
        return new FaultRow(fault, audit, last, trace, load.Percentile(0.99, TimeSpan.Zero, TimeSpan.MaxValue), recovery)
        {
            MayRepeat = fault.MayRepeat || Repeating.Any(said => node.Process.Output.Contains(said, StringComparison.Ordinal)),
            Output = node.Process.Output,
        };
    }

    // No more is pending than a second's worth of what comes in.
    private static Task CaughtUpAsync(Fault fault, KafkaNode node) => Poll.Until(
        $"the lane has caught up after: {fault.Name}",
        async () => (await node.ReadLaneAsync()).PendingEvents < Plan.RequestsPerSecond * Plan.EventsPerRequest,
        Patience);
}

/// <summary>What came of it.</summary>
internal sealed record FaultRow(
    Fault Fault, TopicAudit Audit, LaneReading Last, LaneTrace Trace, TimeSpan IntakeLatency, TimeSpan Recovery)
{
    /// <summary>Events of unknown outcome may have been sent again.</summary>
    internal required bool MayRepeat { get; init; }

    /// <summary>What the node has printed.</summary>
    internal required string Output { get; init; }

    /// <summary>The table's head.</summary>
    internal static string Head { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"{"fault",-26}{"accepted",9}{"delivered",10}{"dead",5}{"lost",5}{"twice",6}{"order",6} {"sums",11}{"p99 ms",8}{"back s",7}  "
        + $"{"window",-28}{"breaker",-21}{"opened",7}");

    /// <summary>Everything that is promised, or what is not kept of it.</summary>
    internal IEnumerable<string> Broken
    {
        get
        {
            if (Audit.Lost > 0 || Last.Sum.Lost > 0)
            {
                yield return $"{Audit.Lost} lost, {Last.Sum.Lost} unreadable";
            }
            if (Audit.Differing > 0 || Audit.Misordered > 0)
            {
                yield return $"{Audit.Differing} with other bytes, {Audit.Misordered} out of order";
            }
            if (Trace.Unbalanced > 0 || !Last.Sum.AddsUp || Trace.Count == 0)
            {
                yield return $"the sums did not add up in {Trace.Unbalanced} of {Trace.Count} looks";
            }
            if (Last.Sum.DeadLettered != Fault.DeadLetters)
            {
                yield return $"{Last.Sum.DeadLettered} dead letters instead of {Fault.DeadLetters}";
            }
            if (Audit.Duplicates > 0 && !MayRepeat)
            {
                yield return $"{Audit.Duplicates} delivered twice\n{Output}";
            }
            if (!Fault.IsShownBy(Trace.States))
            {
                yield return $"the lane was never {string.Join(" or ", Fault.MustShow)}, only {string.Join(", ", Trace.States)}";
            }
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Fault.Name,-26}{Audit.Accepted,9}{Last.Sum.Delivered,10}{Last.Sum.DeadLettered,5}{Audit.Lost,5}{Audit.Duplicates,6}"
        + $"{(Audit.Misordered == 0 ? "kept" : $"{Audit.Misordered}"),6} {Trace.Count - Trace.Unbalanced + "/" + Trace.Count,11}"
        + $"{IntakeLatency.TotalMilliseconds,8:F1}{Recovery.TotalSeconds,7:F1}  {Trace.Window,-28}{Trace.Breaker,-21}{Trace.Openings,7}");
}
