using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Faults;

/// <summary>Something that goes wrong for a while.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="InflictAsync">Begins it, lets it last, and ends it.</param>
internal sealed record Fault(string Name, Func<KafkaNode, FaultTime, Task> InflictAsync)
{
    private const short NotEnoughReplicas = 19;
    private const short TopicAuthorizationFailed = 29;
    private const short MsgSizeTooLarge = 10;
    private const int UnknownTopic = 3;
    private const int OutOfOrderSequence = 45;
    private const int TopicBytesMax = 200_000;

    // A stream is parked where part of an attempt was delivered before; else the lane is blocked.
    private static readonly string[] Refused = ["blocked", LaneTrace.Parked];

    /// <summary>Settings of the node beside those of the run.</summary>
    internal IReadOnlyList<(string Key, string Value)> Settings { get; init; } = [];

    /// <summary>Events that must end in the dead letters, and no other may.</summary>
    internal int DeadLetters { get; init; }

    /// <summary>A producer is replaced with requests on their way, whose outcome is never known: they are sent again.</summary>
    internal bool MayRepeat { get; init; }

    /// <summary>States of the lane one of which must be seen; the fault lasts until then. Empty: none in particular.</summary>
    internal IReadOnlyList<string> MustShow { get; init; } = [];

    /// <summary>Whether one of these states is what <see cref="MustShow"/> asks for.</summary>
    internal bool IsShownBy(IEnumerable<string> states) => MustShow.Count == 0 || MustShow.Intersect(states).Any();

    /// <summary>All of them. Each lasts as long as the longest, or a share of it.</summary>
    internal static IReadOnlyList<Fault> All { get; } =
    [
        // The first probe goes at once while events wait that were never tried: an open breaker may be seen only while it probes.
        new("broker down", DownAsync) { MustShow = ["open", "probing"] },
        new("flapping every 2 s", FlapAsync),
        new("all brokers restarted", RestartAsync),
        new("latency 10 ms, 2 s, 10 ms", SlowAsync),
        new("stalled, no reset", StallAsync),
        new("NOT_ENOUGH_REPLICAS", (node, time) => RefuseAsync(node, time, _ => NotEnoughReplicas)),
        new("throttled", ThrottleAsync),
        new("message too large", TooLargeAsync)
        {
            DeadLetters = 1,
            MayRepeat = true,
            // Batches that stay well below what the topic takes, so that only a single event can be too large.
            Settings = [("Sinks:Kafka:Options:batch.size", "60000")],
        },
        new("unknown topic", UnknownAsync) { MustShow = Refused, MayRepeat = true },
        new("authorization failed", (node, time) => RefuseAsync(node, time, _ => TopicAuthorizationFailed))
        {
            MustShow = Refused,
            MayRepeat = true,
        },
        new("fatal producer error", DieAsync) { MayRepeat = true },
    ];

    public override string ToString() => Name;

    private static async Task DownAsync(KafkaNode node, FaultTime time)
    {
        await node.Cluster.AllDownAsync();
        await time.ShowAsync(share: 1);
        node.Cluster.AllUp();
    }

    private static async Task FlapAsync(KafkaNode node, FaultTime time)
    {
        // Down for 2 s, up for 2 s, and down at least twice.
        var times = Math.Max(2, (int)Math.Round(time.Whole.TotalSeconds / 4));
        for (var flap = 0; flap < times; flap++)
        {
            await node.Cluster.AllDownAsync();
            await time.PassAsync(0.5 / times);
            node.Cluster.AllUp();
            await time.PassAsync(0.5 / times);
        }
    }

    // One after another, as an upgrade does it, and then all at once.
    private static async Task RestartAsync(KafkaNode node, FaultTime time)
    {
        foreach (var proxy in node.Cluster.Proxies)
        {
            await proxy.DownAsync();
            await time.PassAsync(0.05);
            proxy.Up();
            await time.PassAsync(0.05);
        }
        await node.Cluster.AllDownAsync();
        await time.PassAsync(0.1);
        node.Cluster.AllUp();
    }

    private static async Task SlowAsync(KafkaNode node, FaultTime time)
    {
        // Each way: half of the round trip.
        foreach (var latency in new[] { 5, 1000, 5 })
        {
            node.Cluster.Proxies.ForEach(proxy => proxy.Latency = TimeSpan.FromMilliseconds(latency));
            await time.PassAsync(1.0 / 3);
        }
        node.Cluster.Proxies.ForEach(proxy => proxy.Latency = TimeSpan.Zero);
    }

    private static async Task StallAsync(KafkaNode node, FaultTime time)
    {
        node.Cluster.Proxies.ForEach(proxy => proxy.IsStalled = true);
        await time.PassAsync(0.5);
        node.Cluster.Proxies.ForEach(proxy => proxy.IsStalled = false);
    }

    private static async Task RefuseAsync(KafkaNode node, FaultTime time, Func<ProduceRequest, short?> refusal)
    {
        node.Cluster.Rules.Refusal = refusal;
        await time.ShowAsync(share: 0.5);
        node.Cluster.Rules.Refusal = null;
    }

    private static async Task ThrottleAsync(KafkaNode node, FaultTime time)
    {
        node.Cluster.Rules.Throttle = TimeSpan.FromSeconds(1);
        await time.PassAsync(0.5);
        node.Cluster.Rules.Throttle = TimeSpan.Zero;
    }

    private static async Task TooLargeAsync(KafkaNode node, FaultTime time)
    {
        node.Cluster.Rules.Refusal = request => request.Records.Length > TopicBytesMax ? MsgSizeTooLarge : null;
        using var connection = await RawConnection.ConnectAsync(node.Setup.IntakePort, TestContext.Current.CancellationToken);
        byte[] large = [(byte)'"', .. Enumerable.Repeat((byte)'x', TopicBytesMax), (byte)'"'];
        byte[] request = [.. RawConnection.PostHead("/v1/events", "application/json", large.Length, "Ingest-Key: k1\r\n"), .. large];
        var answer = await connection.ExchangeAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(202, answer.Status);
        await time.PassAsync(0.1);
        await Poll.Until("it is a dead letter", async () => (await node.ReadLaneAsync()).Sum.DeadLettered > 0);
        node.Cluster.Rules.Refusal = null;
    }

    private static async Task UnknownAsync(KafkaNode node, FaultTime time)
    {
        await node.Cluster.Mock.SetTopicErrorAsync(KafkaNode.Topic, UnknownTopic);
        // The client asks again only when a broker sends it away.
        node.Cluster.Rules.Refusal = _ => UnknownTopic;
        await time.ShowAsync(share: 0.5);
        node.Cluster.Rules.Refusal = null;
        await node.Cluster.Mock.SetTopicErrorAsync(KafkaNode.Topic, 0);
    }

    private static async Task DieAsync(KafkaNode node, FaultTime time)
    {
        for (var death = 0; death < 3; death++)
        {
            await node.Cluster.Mock.PushErrorsAsync(ApiKey.Produce, OutOfOrderSequence);
            await time.PassAsync(0.1);
        }
        await node.Cluster.Mock.ClearErrorsAsync(ApiKey.Produce);
    }
}
