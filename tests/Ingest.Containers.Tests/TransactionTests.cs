using Ingest.Testing;

namespace Ingest.Containers.Tests;

/// <summary>Transactions with a real broker: a reader of committed messages sees each event once, whatever is killed or paused.</summary>
public sealed class TransactionTests : IDisposable
{
    private const string Topic = "default";
    private const int Kills = 5;

    private static readonly SteadyPlan Plan = new() { RequestsPerSecond = 100, EventsPerRequest = 5, Connections = 8 };
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();
    private readonly EventJournal _journal = new(new EventSource(seed: 1));
    private readonly int _brokerPort = FreePort.Next();

    [Fact(Skip = Engine.Missing, SkipUnless = nameof(Engine.Answers), SkipType = typeof(Engine))]
    public async Task A_node_that_is_killed_delivers_each_event_once()
    {
        await using var broker = await StartBrokerAsync();
        var setup = Setup("data");
        var node = await IngestProcess.StartReadyAsync(setup, Patience);
        try
        {
            using var stop = new CancellationTokenSource();
            var running = new SteadyLoad(setup.IntakePort, _journal, Plan).RunAsync(stop.Token);
            for (var kill = 0; kill < Kills; kill++)
            {
                await PassAsync(3);
                await node.KillAsync();
                node.Dispose();
                node = await IngestProcess.StartReadyAsync(setup, Patience);
            }
            await stop.CancelAsync();
            await running;
            await FinishAsync(node, broker);
        }
        finally
        {
            node.Dispose();
        }
    }

    [Fact(Skip = Engine.Missing, SkipUnless = nameof(Engine.Answers), SkipType = typeof(Engine))]
    public async Task A_broker_that_is_paused_and_restarted_has_each_event_once()
    {
        await using var broker = await StartBrokerAsync();
        using var node = await IngestProcess.StartReadyAsync(Setup("data"), Patience);
        using var stop = new CancellationTokenSource();
        var running = new SteadyLoad(node.Setup.IntakePort, _journal, Plan).RunAsync(stop.Token);
        await PassAsync(3);
        await broker.PauseAsync();
        await PassAsync(20);
        await broker.UnpauseAsync();
        await PassAsync(3);
        await broker.RestartAsync();
        await PassAsync(3);
        await stop.CancelAsync();
        await running;
        await FinishAsync(node, broker);
    }

    [Fact(Skip = Engine.Missing, SkipUnless = nameof(Engine.Answers), SkipType = typeof(Engine))]
    public async Task A_copy_of_the_directory_that_takes_over_fences_the_node_it_was_copied_from()
    {
        await using var broker = await StartBrokerAsync();
        using var first = await IngestProcess.StartReadyAsync(Setup("data"), Patience);
        await LoadAsync(first);
        await UntilLaneAsync(first, lane => lane.GetProperty("pendingEvents").GetInt64() == 0);
        // With cp, for the directory is in use: .NET's own copy asks for the lock that the node has.
        using (var copy = System.Diagnostics.Process.Start("cp", ["-r", _directory["data"], _directory["copy"]]))
        {
            await copy.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        using var second = await IngestProcess.StartReadyAsync(Setup("copy"), Patience);
        await UntilLaneAsync(second, lane => lane.GetProperty("state").GetString() == "running");
        var before = broker.Read(Topic).Count;
        await LoadAsync(first);
        await UntilLaneAsync(first, lane =>
            lane.GetProperty("state").GetString() == "blocked"
            && lane.GetProperty("reason").GetString()!.Contains("Fenced: process", StringComparison.Ordinal));
        Assert.Equal(before, broker.Read(Topic).Count);
    }

    public void Dispose() => _directory.Dispose();

    private async Task<BrokerContainer> StartBrokerAsync()
    {
        var broker = await BrokerContainer.StartAsync(_brokerPort);
        await broker.CreateTopicAsync(Topic, 4);
        await broker.CreateTopicAsync("ingest-progress", 1);
        return broker;
    }

    private IngestSetup Setup(string data) => new IngestSetup { Data = _directory[data], Sinks = ["kafka"] }.With(
        ("Sinks:Kafka:BootstrapServers", $"127.0.0.1:{_brokerPort}"),
        ("Sinks:Kafka:Delivery", "Transactions"),
        ("Sinks:Kafka:RequestTimeout", "00:00:05"),
        ("Drain:BalancerDelay", "00:00:00"));

    private async Task LoadAsync(IngestProcess node)
    {
        using var stop = new CancellationTokenSource();
        var running = new SteadyLoad(node.Setup.IntakePort, _journal, Plan).RunAsync(stop.Token);
        await PassAsync(2);
        await stop.CancelAsync();
        await running;
    }

    private static async Task UntilLaneAsync(IngestProcess node, Func<System.Text.Json.JsonElement, bool> isSo)
    {
        using var admin = new AdminClient(node.Setup);
        await Poll.Until(
            "the lane is so", async () => isSo((await admin.StatusAsync()).GetProperty("lanes")[0]), Patience);
    }

    private async Task FinishAsync(IngestProcess node, BrokerContainer broker)
    {
        await UntilLaneAsync(node, lane => lane.GetProperty("pendingEvents").GetInt64() == 0);
        Assert.True(await node.StopAsync() == 0, node.Output);
        var read = broker.Read(Topic);
        Assert.Equal(read.Count, read.DistinctBy(record => record.Sequence).Count());
        Assert.True(read.Count >= _journal.AcceptedEvents, $"{read.Count} of {_journal.AcceptedEvents}");
        Assert.All(read.GroupBy(record => record.Key), ofKey =>
            Assert.Equal(ofKey.Select(record => record.Sequence).Order(), ofKey.Select(record => record.Sequence)));
    }

    private static Task PassAsync(int seconds) =>
        Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, TestContext.Current.CancellationToken);
}
