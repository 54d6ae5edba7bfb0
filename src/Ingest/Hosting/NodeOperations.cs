using System.Diagnostics.Metrics;
using Ingest.Hosting.Settings;
using Ingest.Operations.Admin;
using Ingest.Operations.Debug;
using Ingest.Operations.Observed;
using Ingest.Operations.Prometheus;
using Ingest.Operations.Status;
using Ingest.Operations.Telemetry;
using Ingest.Queue;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

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
        var status = new StatusReader(View(node), services.GetRequiredService<TimeProvider>());
        _ = new ObservedInstruments(instruments, status);
        var options = settings.Get<AdminOptions>();
        endpoints.MapOperations(new AdminSurface
        {
            Guard = new AdminGuard(options),
            Options = options,
            Status = status,
            Metrics = services.GetRequiredService<PrometheusExporter>(),
            Drain = node.Drain,
            Lanes = () => node.Lanes,
            Policy = () => node.Policy,
            Log = () => node.Writing.Log,
            LogDirectory = node.LogDirectory,
            TakesNoMore = () => node.Writing.Queue.Ended.IsCompleted,
            Settings = () => Shown(settings),
            Time = services.GetRequiredService<TimeProvider>(),
            Stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None,
            DeadLetters = () => node.DeadLetters,
        });
    }

    private static Dictionary<string, string> Resource(NodeSettings settings) => new()
    {
        ["service.name"] = "ingest",
        ["service.version"] = NodeVersion.Text,
        ["service.instance.id"] = settings.Get<NodeOptions>().NameOrMachine,
    };

    /// <summary>The exporter is the container's, so that it ends with it.</summary>
    internal static IServiceCollection AddIngestOperations(this IServiceCollection services, NodeSettings settings) =>
        services.AddSingleton(provider => new PrometheusExporter(
            provider.GetRequiredService<Instruments>(),
            provider.GetService<IMeterFactory>(),
            settings.Get<MetricsOptions>(),
            Resource(settings),
            provider.GetRequiredService<ILogger<PrometheusExporter>>()))
            .AddSingleton<IHostedService>(_ => new OtlpExport(
                settings.Get<OtlpOptions>(), settings.Get<MetricsOptions>().Meters, Resource(settings)));

    private static List<ShownSetting> Shown(NodeSettings settings) =>
        [.. settings.Effective().Select(entry => new ShownSetting(entry.Setting.Key, entry.Value, entry.Source, entry.Setting.Default))];

    private static NodeView View(IngestNode node) => new()
    {
        Name = node.Settings.Get<NodeOptions>().NameOrMachine,
        Version = NodeVersion.Text,
        Gate = node.Gate,
        Log = () => node.Writing.Log,
        LogDirectory = node.LogDirectory,
        WalSettings = node.Settings.Get<WalSettings>(),
        Queue = () => node.Writing.Queue,
        QueueOptions = node.Settings.Get<QueueOptions>(),
        Streams = () => node.Writing.Totals.Snapshot(),
        Lanes = () => node.Lanes.Statuses,
        Orphans = () => node.Lanes.Orphans,
        DeadLetters = () => node.DeadLetters.Status,
        Drain = () => node.Drain.Status,
        Health = () => node.Health.Sample,
        Policy = () => node.Policy.Status,
    };
}
