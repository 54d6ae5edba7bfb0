using System.Globalization;
using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests.Speed;

/// <summary>Figures, not judgements: tests/Ingest.Benchmarks/kafka.sh runs them and shows what they print.</summary>
public sealed class SpeedTests(ITestOutputHelper output)
{
    private const string EventsVariable = "INGEST_BENCH_EVENTS";
    private const string RoundsVariable = "INGEST_BENCH_ROUNDS";
    private const string OutageVariable = "INGEST_BENCH_OUTAGE_SECONDS";
    private const string Topic = "speed";

    [Fact(Explicit = true)]
    public async Task A_backlog_is_delivered_nearly_as_fast_as_a_bare_produce_loop_sends()
    {
        var events = Number(EventsVariable, 1_000_000);
        using var backlog = new Backlog(events);
        await using var cluster = await MockCluster.StartAsync();
        await cluster.CreateTopicAsync(Topic, 4);
        Librdkafka.Load();
        var options = new KafkaOptions { BootstrapServers = cluster.Bootstraps, Topic = Topic };
        Say($"{events:N0} events of {Backlog.PayloadBytes} bytes, one broker in a process of its own, the same client settings for all");
        Say($"{"round",5}{"bare",12}{"bare+headers",14}{"lane",12}{"lane/bare",11}{"/headers",10}{"B/event",9}");
        var ratios = new List<(double Bare, double Headers)>();
        for (var round = 1; round <= Number(RoundsVariable, 3); round++)
        {
            var bare = BareProducer.Run(options, backlog, withHeaders: false);
            var headers = BareProducer.Run(options, backlog, withHeaders: true);
            var (lane, allocated) = await backlog.DeliverAsync(
                id => new KafkaSink("speed", options, _ => id, TimeProvider.System, NullLogger.Instance));
            ratios.Add((lane / bare, lane / headers));
            Say($"{round,5}{bare,12:N0}{headers,14:N0}{lane,12:N0}{lane / bare,11:F2}{lane / headers,10:F2}{allocated,9:F0}");
        }
        var middle = ratios.Count / 2;
        Say($"median: lane/bare {ratios.Select(ratio => ratio.Bare).Order().ElementAt(middle):F2}, "
            + $"with the same headers {ratios.Select(ratio => ratio.Headers).Order().ElementAt(middle):F2}");
    }

    [Fact(Explicit = true)]
    public async Task Transactions_are_nearly_as_fast_as_the_idempotent_mode()
    {
        using var backlog = new Backlog(Number(EventsVariable, 1_000_000));
        await using var cluster = await MockCluster.StartAsync();
        await cluster.CreateTopicAsync(Topic, 4);
        await cluster.CreateTopicAsync("ingest-progress", 1);
        Librdkafka.Load();
        for (var round = 1; round <= Number(RoundsVariable, 3); round++)
        {
            var (idempotent, _) = await backlog.DeliverAsync(id => new KafkaSink(
                "speed", OptionsOf(cluster, KafkaDelivery.Idempotent), _ => id, TimeProvider.System, NullLogger.Instance));
            var (transactions, allocated) = await backlog.DeliverAsync(id => new KafkaTransactionSink(
                new Sinks.Contract.SinkSetup("speed", NoSettings, "/", id, TimeProvider.System, NullLoggerFactory.Instance),
                OptionsOf(cluster, KafkaDelivery.Transactions),
                NullLogger.Instance));
            Say($"{round,5} idempotent {idempotent,10:N0}/s  transactions {transactions,10:N0}/s  ratio {transactions / idempotent:F2}  "
                + $"{allocated:F0} B/event");
        }
    }

    private static IConfigurationSection NoSettings => new ConfigurationBuilder().Build().GetSection("none");

    private static KafkaOptions OptionsOf(MockCluster cluster, KafkaDelivery delivery) =>
        new() { BootstrapServers = cluster.Bootstraps, Topic = Topic, Delivery = delivery };

    [Fact(Explicit = true)]
    public async Task An_outage_under_load_is_not_seen_by_producers_and_its_backlog_is_soon_gone()
    {
        var outage = TimeSpan.FromSeconds(Number(OutageVariable, 60));
        var calm = TimeSpan.FromSeconds(10);
        var plan = new SteadyPlan { RequestsPerSecond = 5_000, Connections = 64, Keys = 1000 };
        await using var node = await KafkaNode.StartAsync();
        var load = new SteadyLoad(node.Setup.IntakePort, node.Journal, plan);
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(stop.Token);
        await PassAsync(calm);

        var down = load.Elapsed;
        await node.Cluster.AllDownAsync();
        await PassAsync(outage);
        var backlog = (await node.ReadLaneAsync()).PendingEvents;
        node.Cluster.AllUp();
        var up = load.Elapsed;
        // A tenth of a second of what comes in: no lane that is written to has less.
        await Poll.Until(
            "the backlog is gone",
            async () => (await node.ReadLaneAsync()).PendingEvents < plan.RequestsPerSecond / 10,
            TimeSpan.FromMinutes(5));
        var gone = load.Elapsed;
        await PassAsync(calm);
        await stop.CancelAsync();
        await running;
        await node.EmptyAsync(TimeSpan.FromMinutes(1));

        Say($"outage of {outage.TotalSeconds:F0} s under {plan.RequestsPerSecond:N0} events/s, one event a request");
        Show("before", TimeSpan.FromSeconds(2), down);
        Show("outage", down, up);
        Show("catching up", up, gone);
        Show("after", gone, load.Elapsed);
        Say($"backlog {backlog:N0} events, gone {(gone - up).TotalSeconds:F1} s after the brokers were back");
        var sum = (await node.ReadLaneAsync()).Sum;
        Say($"accepted {sum.Accepted:N0} = delivered {sum.Delivered:N0} + dead {sum.DeadLettered} + pending {sum.Pending}");
        Assert.True(sum.AddsUp);
        Assert.Equal(node.Journal.AcceptedEvents, sum.Delivered);

        void Show(string phase, TimeSpan from, TimeSpan to) => Say(
            $"  {phase,-12}{(to - from).TotalSeconds,6:F1} s   p50 {load.Percentile(0.5, from, to).TotalMilliseconds,6:F1} ms   "
            + $"p99 {load.Percentile(0.99, from, to).TotalMilliseconds,6:F1} ms   "
            + $"worst {load.Percentile(1, from, to).TotalMilliseconds,6:F1} ms");
    }

    private void Say(string line) => output.WriteLine(line);

    private static int Number(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var asked) ? asked : usual;

    private static Task PassAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System, TestContext.Current.CancellationToken);
}
