using System.Globalization;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Fleet;

/// <summary>Three nodes of their own directories behind a balancer, and an open loop of producers in front of it.</summary>
internal sealed class NodeFleet : IAsyncDisposable
{
    private const int Count = 3;

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stopLoad = new();
    private readonly List<IngestProcess> _nodes = [];
    private readonly OpenLoopClient _client;
    private Task _load = Task.CompletedTask;

    internal NodeFleet(ITestOutputHelper output, string balancerDelay)
    {
        Output = output;
        Journal = new OpenLoopJournal(new EventSource(seed: 5));
        Setups = [.. Enumerable.Range(1, Count).Select(number =>
            new IngestSetup { Data = _directory[$"node-{number}"] }.With(
                ("Name", $"node-{number}"),
                ("Drain:BalancerDelay", balancerDelay),
                ("Sinks:File:Directory", Out(number - 1))))];
        Balancer = Balancer.Start(Setups);
        _client = new OpenLoopClient(Balancer.Port, Scale.FleetRate, Journal);
    }

    internal ITestOutputHelper Output { get; }

    internal OpenLoopJournal Journal { get; }

    /// <summary>How each node is started.</summary>
    internal List<IngestSetup> Setups { get; }

    internal Balancer Balancer { get; }

    internal IReadOnlyList<IngestProcess> Nodes => _nodes;

    /// <summary>Producers' requests without an outcome now.</summary>
    internal int UnderWay => _client.UnderWay;

    /// <summary>Where a node's file sink writes: beside its data, which may be handed over.</summary>
    internal string Out(int node) => _directory[string.Create(CultureInfo.InvariantCulture, $"out-{node + 1}")];

    internal async Task StartAsync()
    {
        foreach (var setup in Setups)
        {
            _nodes.Add(await IngestProcess.StartReadyAsync(setup));
        }
        await Balancer.RotationAsync(Count);
        _load = Task.Run(() => _client.RunAsync(_stopLoad.Token), CancellationToken.None);
    }

    /// <summary>Waits until producers have got so many further 202s.</summary>
    internal async Task AcceptsAsync(int requests)
    {
        var before = Journal.Requests.Count(request => request.Accepted);
        await Poll.Until($"{requests} more requests are accepted", () =>
            Journal.Requests.Count(request => request.Accepted) >= before + requests);
    }

    /// <summary>Starts a node that has ended, and waits until it is back in rotation.</summary>
    internal async Task RestartAsync(int node)
    {
        _nodes[node].Dispose();
        _nodes[node] = await IngestProcess.StartReadyAsync(Setups[node]);
        await Balancer.RotationAsync(Count);
    }

    /// <summary>Stops the producers; every request has its outcome afterwards.</summary>
    internal async Task StopLoadAsync()
    {
        await _stopLoad.CancelAsync();
        await _load;
    }

    /// <summary>Stops the nodes that run, with all they have delivered.</summary>
    internal async Task StopNodesAsync()
    {
        foreach (var node in _nodes.Where(node => !node.HasExited))
        {
            node.Terminate();
        }
        foreach (var node in _nodes)
        {
            await node.ExitAsync(TimeSpan.FromSeconds(60));
        }
    }

    /// <summary>Compares what producers were told with what all nodes together have delivered.</summary>
    internal FleetReport Judge()
    {
        var report = FleetReport.Judge(Journal, [.. Enumerable.Range(0, Count).Select(Out)]);
        Output.WriteLine(report.ToString());
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        await StopLoadAsync();
        foreach (var node in _nodes)
        {
            node.Dispose();
        }
        Balancer.Dispose();
        _stopLoad.Dispose();
        _directory.Dispose();
    }
}
