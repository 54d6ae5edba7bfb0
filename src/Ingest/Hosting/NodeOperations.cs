using Ingest.Health;
using Ingest.Hosting.Server;
using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Intake.Producers;
using Ingest.Operations.Admin;
using Ingest.Operations.Debug;
using Ingest.Operations.Fleet;
using Ingest.Operations.History;
using Ingest.Operations.Observed;
using Ingest.Operations.Prometheus;
using Ingest.Operations.Status;
using Ingest.Queue;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ingest.Hosting;

/// <summary>Shows a node to its operators: status, metrics, and what moves it.</summary>
public static class NodeOperations
{
    /// <summary>
    /// Maps what operators call, health not included. Metrics are counted from here on. For the admin listener only: what is mapped here
    /// stops nodes.
    /// </summary>
    public static void MapIngestOperations(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var node = services.GetRequiredService<IngestNode>();
        var settings = node.Settings;
        var instruments = services.GetRequiredService<Instruments>();
        var status = services.GetRequiredService<StatusReader>();
        _ = new ObservedInstruments(instruments, status);
        var options = settings.Get<AdminOptions>();
        var operations = endpoints.MapGroup("");
        operations.WithMetadata(new SurfaceMark(HostedSurface.Operations));
        operations.MapOperations(new AdminSurface
        {
            Guard = new AdminGuard(options),
            Options = options,
            Status = status,
            Metrics = services.GetRequiredService<PrometheusExporter>(),
            Node = new Lazy<NodeStations>(() => Stations(node), LazyThreadSafetyMode.PublicationOnly),
            LogDirectory = node.LogDirectory,
            Settings = new Lazy<IReadOnlyList<ShownSetting>>(() => Shown(settings)),
            SecretsInSight = settings.SecretsInSight(Environment.CommandLine),
            Time = services.GetRequiredService<TimeProvider>(),
            Stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None,
            Audit = node.Audit,
            History = services.GetRequiredService<NodeHistory>(),
            HistoryLimits = Limits(settings),
            Fleet = services.GetRequiredService<FleetReader>(),
        });
    }

    private static Dictionary<string, double> Limits(NodeSettings settings)
    {
        var health = settings.Get<HealthOptions>();
        return new Dictionary<string, double>
        {
            ["memory_ratio_low"] = health.MemoryLow,
            ["memory_ratio_high"] = health.MemoryHigh,
            ["disk_free_bytes_low"] = health.DiskFreeLow,
            ["log_bytes_max"] = settings.Get<WalSettings>().BytesMax,
            ["queue_bytes_max"] = settings.Get<QueueOptions>().DepthBytes,
        };
    }

    private static List<ShownSetting> Shown(NodeSettings settings) =>
        [.. settings.Effective().Select(entry => new ShownSetting(entry.Setting.Key, entry.Value, entry.Source, entry.Setting.Default))];

    private static NodeStations Stations(IngestNode node) => new(
        node.Writing.Log, node.Writing.Queue, node.Lanes, node.DeadLetters, node.Policy, node.Drain);

    private static ProducersStatus Producers(ProducerSequences sequences, IntakeOptions options) =>
        new(sequences.Count, options.ProducersMax, sequences.Dropped, sequences.Repeats);

    internal static NodeView View(IngestNode node) => new()
    {
        Name = node.Settings.Get<NodeOptions>().NameOrMachine,
        Version = NodeVersion.Text,
        Gate = node.Gate,
        Log = node.Writing.Log,
        LogDirectory = node.LogDirectory,
        WalSettings = node.Settings.Get<WalSettings>(),
        Queue = node.Writing.Queue,
        QueueOptions = node.Settings.Get<QueueOptions>(),
        Streams = node.Writing.Totals,
        Lanes = node.Lanes,
        DeadLetters = node.DeadLetters,
        Producers = () => Producers(node.Intake.Sequences, node.Settings.Get<IntakeOptions>()),
        Drain = node.Drain,
        Health = node.Health,
        Policy = node.Policy,
    };
}
