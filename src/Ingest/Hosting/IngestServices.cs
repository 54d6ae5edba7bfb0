using Ingest.DeadLetters.Projection;
using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Server;
using Ingest.Hosting.Settings;
using Ingest.Intake.Dialects;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Discard;
using Ingest.Sinks.Files;
using Ingest.Sinks.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting;

/// <summary>Adds a node to a host.</summary>
public static class IngestServices
{
    /// <summary>Kinds of sinks that come with this library.</summary>
    public static IReadOnlyList<ISinkFactory> BuiltInSinks { get; } =
        [new FileSinkFactory(), new DiscardSinkFactory(), new HttpSinkFactory()];

    /// <summary>
    /// Adds a node with the settings of <paramref name="configuration"/>, for applications that host the intake themselves: map it with
    /// <see cref="IngestEndpoints.MapIngest"/>. Further kinds of sinks are registered as <see cref="ISinkFactory"/>, dialects as
    /// <see cref="IDialect"/>, projections of the dead letters as <see cref="IDeadLetterProjectionFactory"/>, by instance, by type or
    /// by factory, before or after this call.
    /// </summary>
    /// <remarks>
    /// The settings are read when the host is built: a wrong one ends that with a <see cref="SettingsException"/> that has one line per
    /// error. An application that other machines can reach must guard what it maps, or its start ends with one as well.
    /// </remarks>
    public static IServiceCollection AddIngest(this IServiceCollection services, IConfiguration configuration)
    {
        foreach (var factory in BuiltInSinks)
        {
            services.AddSingleton(factory);
        }
        services.AddSingleton<SinkKinds>();
        services.AddSingleton(provider => Read(
            configuration, provider.GetRequiredService<SinkKinds>(), provider.GetServices<IDialect>()));
        services.AddSingleton<ApplicationGuard>();
        return services.AddNode();
    }

    /// <summary>Adds a node with settings that are bound and checked already.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="settings">Bound and checked.</param>
    /// <param name="factories">One per kind of sink.</param>
    public static IServiceCollection AddIngest(
        this IServiceCollection services, NodeSettings settings, IReadOnlyList<ISinkFactory> factories)
    {
        services.AddSingleton(new SinkKinds(factories));
        services.AddSingleton(settings);
        return services.AddNode();
    }

    private static NodeSettings Read(IConfiguration configuration, SinkKinds kinds, IEnumerable<IDialect> dialects)
    {
        var settings = NodeSettings.Read(
            SettingsSources.Of(configuration), [.. NodeSections.All, .. dialects.Select(NodeSections.OfDialect)], kinds.OptionTypes);
        NodeFiles.ThrowIfWrong(settings.ThrowIfWrong());
        return settings;
    }

    private static IServiceCollection AddNode(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Instruments>();
        services.AddSingleton(provider => new IngestNode(
            provider.GetRequiredService<NodeSettings>(),
            provider.GetRequiredService<SinkKinds>().Factories,
            provider.GetRequiredService<Instruments>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetServices<IDialect>(),
            provider.GetServices<IDeadLetterProjectionFactory>()));
        services.AddIngestOperations();
        services.AddHostedService(provider => new IngestService(
            provider.GetRequiredService<IngestNode>(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetService<ApplicationGuard>()));
        // The drain decides how long stopping takes; the host must not cut it short.
        services.AddOptions<HostOptions>().Configure<NodeSettings>(static (host, settings) =>
            host.ShutdownTimeout = settings.Get<Drain.DrainOptions>().Total + TimeSpan.FromSeconds(15));
        return services;
    }
}
