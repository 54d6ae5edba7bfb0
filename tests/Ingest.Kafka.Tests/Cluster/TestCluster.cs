using Ingest.Testing;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>A mock cluster with a front and a fault proxy before every broker. Clients come through the proxies; kcat reads behind
/// them.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<BrokerFront> _fronts = [];

    private TestCluster(MockCluster mock)
    {
        Mock = mock;
        foreach (var port in mock.Ports)
        {
            var front = new BrokerFront(port, Rules);
            var proxy = FaultProxy.Start(front.Port);
            Rules.Addresses[port] = proxy.Port;
            Rules.Numbers[port] = _fronts.Count + 1;
            _fronts.Add(front);
            Proxies.Add(proxy);
        }
    }

    internal MockCluster Mock { get; }

    internal ClusterRules Rules { get; } = new();

    /// <summary>One per broker, numbered from 1 in the cluster and from 0 here.</summary>
    internal List<FaultProxy> Proxies { get; } = [];

    /// <summary>What clients are given.</summary>
    internal string Bootstraps => string.Join(',', Proxies.Select(proxy => $"127.0.0.1:{proxy.Port}"));

    internal static async Task<TestCluster> StartAsync(int brokers = 1) => new(await MockCluster.StartAsync(brokers));

    /// <summary>Reads a topic with kcat.</summary>
    internal Task<List<KafkaRecord>> ReadAsync(string topic) => Kcat.ReadAsync(Mock.Bootstraps, topic);

    /// <summary>What a reader of committed messages sees of a topic: read with kcat, without what transactions did not commit.</summary>
    internal async Task<List<KafkaRecord>> ReadCommittedAsync(string topic) =>
        [.. (await ReadAsync(topic)).Where(record => Rules.Transactions.IsCommitted(topic, record.Partition, record.Offset))];

    internal async Task AllDownAsync() => await Task.WhenAll(Proxies.Select(proxy => proxy.DownAsync()));

    internal void AllUp() => Proxies.ForEach(proxy => proxy.Up());

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in Proxies)
        {
            await proxy.DisposeAsync();
        }
        foreach (var front in _fronts)
        {
            await front.DisposeAsync();
        }
        await Mock.DisposeAsync();
    }
}
