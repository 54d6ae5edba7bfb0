using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Faults;

/// <summary>Something that goes wrong for a while.</summary>
/// <param name="Name">As the table shows it.</param>
/// <param name="InflictAsync">Begins it, lets it last about as long as told, and ends it.</param>
internal sealed record Fault(string Name, Func<KafkaNode, TimeSpan, Task> InflictAsync)
{
    private const short NotEnoughReplicas = 19;
    private const short TopicAuthorizationFailed = 29;
    private const short MsgSizeTooLarge = 10;
    private const int UnknownTopic = 3;
    private const int OutOfOrderSequence = 45;
    private const int TopicBytesMax = 200_000;

    /// <summary>Settings of the node beside those of the run.</summary>
    internal IReadOnlyList<(string Key, string Value)> Settings { get; init; } = [];

    /// <summary>Events that must end in the dead letters, and no other may.</summary>
    internal int DeadLetters { get; init; }

    /// <summary>A producer is replaced with requests on their way, whose outcome is never known: they are sent again.</summary>
    internal bool MayRepeat { get; init; }

    /// <summary>The state the lane must have been seen in; null for none in particular.</summary>
    /// <remarks>
    /// An open breaker may be seen only while it probes: the first probe goes at once while events wait that were never tried.
    /// </remarks>
    internal string? MustShow { get; init; }

    /// <summary>Whether one of these states is what <see cref="MustShow"/> asks for.</summary>
    internal bool IsShownBy(IReadOnlyCollection<string> states) =>
        MustShow is null || states.Contains(MustShow) || (MustShow == "open" && states.Contains("probing"));

    /// <summary>All of them. Each lasts as long as the longest, or a share of it.</summary>
    internal static IReadOnlyList<Fault> All { get; } =
    [
        new("broker down", DownAsync) { MustShow = "open" },
        new("flapping every 2 s", FlapAsync),
        new("all brokers restarted", RestartAsync),
        new("latency 10 ms, 2 s, 10 ms", SlowAsync),
        new("stalled, no reset", StallAsync),
        new("NOT_ENOUGH_REPLICAS", (node, whole) => RefuseAsync(node, whole / 2, _ => NotEnoughReplicas)),
        new("throttled", ThrottleAsync),
        new("message too large", TooLargeAsync)
        {
            DeadLetters = 1,
            MayRepeat = true,
            // Batches that stay well below what the topic takes, so that only a single event can be too large.
            Settings = [("Sinks:Kafka:Options:batch.size", "60000")],
        },
        // Its stream is parked where part of an attempt was delivered before; else the lane is blocked.
        new("unknown topic", UnknownAsync) { MayRepeat = true },
        new("authorization failed", (node, whole) => RefuseAsync(node, whole / 2, _ => TopicAuthorizationFailed))
        {
            MustShow = "blocked",
            MayRepeat = true,
        },
        new("fatal producer error", DieAsync) { MayRepeat = true },
    ];

    public override string ToString() => Name;

    private static async Task DownAsync(KafkaNode node, TimeSpan whole)
    {
        await node.Cluster.AllDownAsync();
        await PassAsync(whole);
        node.Cluster.AllUp();
    }

    private static async Task FlapAsync(KafkaNode node, TimeSpan whole)
    {
        var start = TimeProvider.System.GetTimestamp();
        var step = TimeSpan.FromSeconds(Math.Min(2, whole.TotalSeconds / 4));
        while (TimeProvider.System.GetElapsedTime(start) < whole)
        {
            await node.Cluster.AllDownAsync();
            await PassAsync(step);
            node.Cluster.AllUp();
            await PassAsync(step);
        }
    }

    // One after another, as an upgrade does it, and then all at once.
    private static async Task RestartAsync(KafkaNode node, TimeSpan whole)
    {
        foreach (var proxy in node.Cluster.Proxies)
        {
            await proxy.DownAsync();
            await PassAsync(whole / 20);
            proxy.Up();
            await PassAsync(whole / 20);
        }
        await node.Cluster.AllDownAsync();
        await PassAsync(whole / 10);
        node.Cluster.AllUp();
    }

    private static async Task SlowAsync(KafkaNode node, TimeSpan whole)
    {
        // Each way: half of the round trip.
        foreach (var latency in new[] { 5, 1000, 5 })
        {
            node.Cluster.Proxies.ForEach(proxy => proxy.Latency = TimeSpan.FromMilliseconds(latency));
            await PassAsync(whole / 3);
        }
        node.Cluster.Proxies.ForEach(proxy => proxy.Latency = TimeSpan.Zero);
    }

    private static async Task StallAsync(KafkaNode node, TimeSpan whole)
    {
        node.Cluster.Proxies.ForEach(proxy => proxy.IsStalled = true);
        await PassAsync(whole / 2);
        node.Cluster.Proxies.ForEach(proxy => proxy.IsStalled = false);
    }

    private static async Task RefuseAsync(KafkaNode node, TimeSpan time, Func<ProduceRequest, short?> refusal)
    {
        node.Cluster.Rules.Refusal = refusal;
        await PassAsync(time);
        node.Cluster.Rules.Refusal = null;
    }

    private static async Task ThrottleAsync(KafkaNode node, TimeSpan whole)
    {
        node.Cluster.Rules.Throttle = TimeSpan.FromSeconds(1);
        await PassAsync(whole / 2);
        node.Cluster.Rules.Throttle = TimeSpan.Zero;
    }

    private static async Task TooLargeAsync(KafkaNode node, TimeSpan whole)
    {
        node.Cluster.Rules.Refusal = request => request.Records.Length > TopicBytesMax ? MsgSizeTooLarge : null;
        using var connection = await RawConnection.ConnectAsync(node.Setup.IntakePort, TestContext.Current.CancellationToken);
        byte[] large = [(byte)'"', .. Enumerable.Repeat((byte)'x', TopicBytesMax), (byte)'"'];
        byte[] request = [.. RawConnection.PostHead("/v1/events", "application/json", large.Length, "Ingest-Key: k1\r\n"), .. large];
        var answer = await connection.ExchangeAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(202, answer.Status);
        await PassAsync(whole / 10);
        await Poll.Until("it is a dead letter", async () => (await node.ReadLaneAsync()).Sum.DeadLettered > 0);
        node.Cluster.Rules.Refusal = null;
    }

    private static async Task UnknownAsync(KafkaNode node, TimeSpan whole)
    {
        await node.Cluster.Mock.SetTopicErrorAsync(KafkaNode.Topic, UnknownTopic);
        // The client asks again only when a broker sends it away.
        node.Cluster.Rules.Refusal = _ => UnknownTopic;
        await PassAsync(whole / 2);
        node.Cluster.Rules.Refusal = null;
        await node.Cluster.Mock.SetTopicErrorAsync(KafkaNode.Topic, 0);
    }

    private static async Task DieAsync(KafkaNode node, TimeSpan whole)
    {
        for (var death = 0; death < 3; death++)
        {
            await node.Cluster.Mock.PushErrorsAsync(ApiKey.Produce, OutOfOrderSequence);
            await PassAsync(whole / 10);
        }
        await node.Cluster.Mock.ClearErrorsAsync(ApiKey.Produce);
    }

    private static Task PassAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System, TestContext.Current.CancellationToken);
}
