using System.Text.Json;
using Ingest.Kafka.Tests.Cluster;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Rig;

/// <summary>The real executable between clients and a cluster: what an installation has.</summary>
internal sealed class KafkaNode : IAsyncDisposable
{
    internal const string Topic = "default";

    /// <summary>A second stream and topic, for tests that need one.</summary>
    internal const string OtherTopic = "other";

    // The mock keeps 5 MB a partition and drops what is older.
    private const int Partitions = 16;
    private const int Brokers = 3;

    private readonly TemporaryDirectory _directory = new();

    private static readonly (string Key, string Value)[] InTransactions =
    [
        ("Sinks:Kafka:Delivery", "Transactions"),
        ("Publishing:BlockedMin", "00:00:00.200"),
        ("Publishing:BlockedMax", "00:00:00.500"),
        ("Publishing:ParkedBackoffMin", "00:00:00.100"),
        ("Publishing:ParkedBackoffMax", "00:00:00.300"),
        ("Sinks:Kafka:Topic", "{stream}"),
    ];

    private KafkaNode(TestCluster cluster, int seed)
    {
        Cluster = cluster;
        Journal = new EventJournal(new EventSource(seed));
        Setup = new IngestSetup { Data = _directory["data"], Sinks = ["kafka"] }.With(
            ("Sinks:Kafka:BootstrapServers", cluster.Bootstraps), ("Drain:BalancerDelay", "00:00:00"));
        Admin = new AdminClient(Setup);
    }

    internal TestCluster Cluster { get; }

    internal IngestSetup Setup { get; private set; }

    internal EventJournal Journal { get; }

    internal AdminClient Admin { get; }

    internal IngestProcess Process { get; private set; } = null!;

    /// <summary>A directory that lives as long as the node.</summary>
    internal string this[string name] => _directory[name];

    /// <summary>Starts a cluster of three and a node that delivers to it.</summary>
    internal static async Task<KafkaNode> StartAsync(int seed = 1, params (string Key, string Value)[] settings)
    {
        var cluster = await TestCluster.StartAsync(Brokers);
        await cluster.Mock.CreateTopicAsync(Topic, Partitions);
        var node = new KafkaNode(cluster, seed);
        node.Setup = node.Setup.With(settings);
        await node.StartAgainAsync();
        return node;
    }

    /// <summary>Starts a cluster of three, and prepares a node that delivers to it in transactions.</summary>
    internal static async Task<KafkaNode> PrepareTransactionsAsync(int seed)
    {
        var cluster = await TestCluster.StartAsync(Brokers);
        await cluster.Mock.CreateTopicAsync(Topic, Partitions);
        await cluster.Mock.CreateTopicAsync(OtherTopic, Partitions);
        await cluster.Mock.CreateTopicAsync(new KafkaOptions().ProgressTopic, 1);
        var node = new KafkaNode(cluster, seed);
        node.Setup = node.Setup.With(InTransactions);
        return node;
    }

    /// <summary>Starts the executable and does not wait, the one before having ended.</summary>
    internal void Launch()
    {
        Process?.Dispose();
        Process = IngestProcess.Start(Setup);
    }

    /// <summary>Starts the executable on the same data, the one before having ended.</summary>
    internal async Task StartAgainAsync(params (string Key, string Value)[] settings)
    {
        Process?.Dispose();
        Process = await IngestProcess.StartReadyAsync(Setup.With(settings), TimeSpan.FromMinutes(3));
    }

    /// <summary>The lane as <c>/status</c> shows it.</summary>
    internal async Task<LaneReading> ReadLaneAsync()
    {
        var status = await Admin.StatusAsync();
        return status.GetProperty("lanes")[0].Deserialize<LaneReading>(JsonSerializerOptions.Web)!;
    }

    /// <summary>Waits until everything accepted so far is delivered or dead-lettered.</summary>
    internal async Task EmptyAsync(TimeSpan? deadline = null)
    {
        LaneReading? last = null;
        try
        {
            await Poll.Until("the lane is empty", async () => (last = await ReadLaneAsync()).PendingEvents == 0, deadline);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}: {last}\n{Process.Output}", e);
        }
    }

    /// <summary>Everything in the topic, read behind the fronts and proxies.</summary>
    internal Task<List<KafkaRecord>> ReadTopicAsync(string topic = Topic) => Cluster.ReadAsync(topic);

    public async ValueTask DisposeAsync()
    {
        Process?.Dispose();
        Admin.Dispose();
        await Cluster.DisposeAsync();
        _directory.Dispose();
    }
}

/// <summary>A lane in <c>/status</c>.</summary>
internal sealed record LaneReading(
    string State,
    string Reason,
    long PendingEvents,
    long ParkedEvents,
    int InFlightBatches,
    double Window,
    string Breaker,
    double RoundTripMs,
    LaneSumReading Sum);

/// <summary>What became of every event ever accepted.</summary>
internal sealed record LaneSumReading(
    long Accepted, long Before, long Delivered, long DeadLettered, long Lost, long Pending, bool Balanced)
{
    /// <summary>Whether it adds up, by our own reckoning as well as by the node's.</summary>
    internal bool AddsUp => Balanced && Accepted == Before + Delivered + DeadLettered + Lost + Pending;
}
