using System.Diagnostics.Metrics;
using Ingest.Hosting.Settings;
using Ingest.Operations.Admin;
using Ingest.Operations.Audit;
using Ingest.Operations.Fleet;
using Ingest.Operations.History;
using Ingest.Operations.Prometheus;
using Ingest.Operations.Status;
using Ingest.Operations.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Stations;

/// <summary>Registers what operators see: the audit trail, metrics and traces.</summary>
internal static class OperationsServices
{
    internal static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.TryAddSingleton(provider =>
        {
            var context = provider.GetRequiredService<NodeContext>();
            return new AuditTrail(Path.Combine(context.DataPath, "audit"), context.Time, context.Loggers.CreateLogger<AuditTrail>());
        });
        services.TryAddSingleton(provider => new PrometheusExporter(
            provider.GetRequiredService<Instruments>(),
            provider.GetService<IMeterFactory>(),
            provider.GetRequiredService<NodeSettings>().Get<MetricsOptions>(),
            Resource(provider.GetRequiredService<NodeSettings>()),
            provider.GetRequiredService<ILogger<PrometheusExporter>>()));
        // Asked before the node is open, it fails and is asked again.
        services.TryAddSingleton(provider => new StatusReader(
            new Lazy<NodeView>(
                () => NodeOperations.View(provider.GetRequiredService<IngestNode>()), LazyThreadSafetyMode.PublicationOnly),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new NodeHistory(
            provider.GetRequiredService<StatusReader>(),
            new HistoryRecorder(
                provider.GetRequiredService<Instruments>(),
                provider.GetRequiredService<PrometheusExporter>(),
                provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<NodeHistory>>()));
        services.AddHostedService(provider => provider.GetRequiredService<NodeHistory>());
        services.TryAddSingleton(provider => new FleetReader(
            provider.GetRequiredService<NodeSettings>().Get<FleetOptions>(),
            provider.GetRequiredService<NodeSettings>().Get<AdminOptions>().Token,
            provider.GetRequiredService<StatusReader>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IHostedService>(provider => new OtlpExport(
            provider.GetRequiredService<NodeSettings>().Get<OtlpOptions>(),
            provider.GetRequiredService<NodeSettings>().Get<MetricsOptions>().Meters,
            Resource(provider.GetRequiredService<NodeSettings>()),
            provider.GetRequiredService<Instruments>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<OtlpExport>>()));
        return services;
    }

    private static Dictionary<string, string> Resource(NodeSettings settings) => new()
    {
        ["service.name"] = "ingest",
        ["service.version"] = NodeVersion.Text,
        ["service.instance.id"] = settings.Get<NodeOptions>().NameOrMachine,
    };
}
