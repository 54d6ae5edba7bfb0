using Ingest.Testing;

namespace Ingest.Containers.Tests;

/// <summary>A real broker that is paused, restarted, full, or asked for too much.</summary>
public sealed class BrokerTests : IDisposable
{
    private const string Topic = "default";
    private const int TooLarge = 300_000;

    private static readonly SteadyPlan Plan = new() { RequestsPerSecond = 100, EventsPerRequest = 5, Connections = 8 };
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();
    private readonly EventJournal _journal = new(new EventSource(seed: 1));
    private readonly int _brokerPort = FreePort.Next();

    [Fact(Skip = Engine.Missing, SkipUnless = nameof(Engine.Answers), SkipType = typeof(Engine))]
    public async Task A_broker_that_is_paused_for_a_while()
    {
        await using var broker = await BrokerContainer.StartAsync(_brokerPort);
        using var node = await StartNodeAsync();
        await LoadDuringAsync(node, async () =>
        {
            await broker.PauseAsync();
            await PassAsync(20);
            await broker.UnpauseAsync();
        });
        await FinishAsync(node, broker);
    }

    [Fact(Skip = Engine.Missing, SkipUnless = nameof(Engine.Answers), SkipType = typeof(Engine))]
    public async Task A_broker_that_is_restarted()
    {
        await using var broker = await BrokerContainer.StartAsync(_brokerPort);
        using var node = await StartNodeAsync();
        await LoadDuringAsync(node, broker.RestartAsync);
        await FinishAsync(node, broker);
    }

    /// <summary>A broker whose only disk is full stops, so the backlog goes to the one that takes its place.</summary>
    [Fact(Skip = Engine.Missing, SkipUnless = nameof(Engine.Answers), SkipType = typeof(Engine))]
    public async Task A_broker_whose_disk_is_full()
    {
        using var node = await StartFullDiskAsync();
        await using var next = await BrokerContainer.StartAsync(_brokerPort);
        await EmptyAsync(node, deadLetters: 0);
        Assert.NotEmpty(next.Read(Topic));
    }

    [Fact(Skip = Engine.Missing, SkipUnless = nameof(Engine.Answers), SkipType = typeof(Engine))]
    public async Task A_message_larger_than_the_broker_takes()
    {
        await using var broker = await BrokerContainer.StartAsync(_brokerPort);
        using var node = await StartNodeAsync();
        await LoadDuringAsync(node, async () =>
        {
            using var connection = await RawConnection.ConnectAsync(node.Setup.IntakePort, TestContext.Current.CancellationToken);
            byte[] body = [(byte)'"', .. Enumerable.Repeat((byte)'x', TooLarge), (byte)'"'];
            byte[] request = [.. RawConnection.PostHead("/v1/events", "application/json", body.Length), .. body];
            Assert.Equal(202, (await connection.ExchangeAsync(request, TestContext.Current.CancellationToken)).Status);
            await PassAsync(5);
        });
        await FinishAsync(node, broker, deadLetters: 1);
    }

    public void Dispose() => _directory.Dispose();

    private async Task<IngestProcess> StartFullDiskAsync()
    {
        await using var broker = await BrokerContainer.StartAsync(_brokerPort, diskMegabytes: 256);
        var node = await StartNodeAsync();
        await LoadDuringAsync(node, async () =>
        {
            await broker.FillDiskAsync();
            await PassAsync(20);
        });
        return node;
    }

    private Task<IngestProcess> StartNodeAsync() => IngestProcess.StartReadyAsync(
        new IngestSetup { Data = _directory["data"], Sinks = ["kafka"] }.With(
            ("Sinks:Kafka:BootstrapServers", $"127.0.0.1:{_brokerPort}"),
            ("Sinks:Kafka:RequestTimeout", "00:00:05"),
            ("Drain:BalancerDelay", "00:00:00")),
        Patience);

    private async Task LoadDuringAsync(IngestProcess node, Func<Task> fault)
    {
        using var stop = new CancellationTokenSource();
        var running = new SteadyLoad(node.Setup.IntakePort, _journal, Plan).RunAsync(stop.Token);
        try
        {
            await PassAsync(5);
            await fault();
            await PassAsync(5);
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    private async Task EmptyAsync(IngestProcess node, int deadLetters)
    {
        using var admin = new AdminClient(node.Setup);
        async Task<long> SumAsync(string part) =>
            (await admin.StatusAsync()).GetProperty("lanes")[0].GetProperty("sum").GetProperty(part).GetInt64();
        await Poll.Until("the lane is empty", async () => await SumAsync("pending") == 0, Patience);
        Assert.Equal(deadLetters, await SumAsync("deadLettered"));
        Assert.Equal(_journal.AcceptedEvents, await SumAsync("delivered"));
    }

    private async Task FinishAsync(IngestProcess node, BrokerContainer broker, int deadLetters = 0)
    {
        await EmptyAsync(node, deadLetters);
        Assert.True(await node.StopAsync() == 0, node.Output);
        var read = broker.Read(Topic).DistinctBy(record => record.Sequence).ToList();
        Assert.Equal(_journal.AcceptedEvents, read.Count);
        Assert.All(read.GroupBy(record => record.Key), ofKey =>
            Assert.Equal(ofKey.Select(record => record.Sequence).Order(), ofKey.Select(record => record.Sequence)));
    }

    private static Task PassAsync(int seconds) =>
        Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System, TestContext.Current.CancellationToken);
}
