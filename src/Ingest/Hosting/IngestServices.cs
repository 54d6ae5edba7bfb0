using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Settings;
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
    /// <see cref="IngestEndpoints.MapIngest"/>. Further kinds of sinks are registered as <see cref="ISinkFactory"/> before this call.
    /// </summary>
    /// <exception cref="SettingsException">The configuration is wrong; one line per error.</exception>
    public static IServiceCollection AddIngest(this IServiceCollection services, IConfiguration configuration)
    {
        var factories = services.Where(service => service.ServiceType == typeof(ISinkFactory))
            .Select(service => service.ImplementationInstance).OfType<ISinkFactory>().Concat(BuiltInSinks).ToList();
        var kinds = factories.ToDictionary(factory => factory.Kind, factory => factory.OptionsType);
        var settings = NodeSettings.Read(SettingsSources.Of(configuration), NodeSections.All, kinds);
        NodeFiles.ThrowIfWrong(settings.ThrowIfWrong());
        return services.AddIngest(settings, factories);
    }

    /// <summary>Adds a node with settings that are bound and checked already.</summary>
    public static IServiceCollection AddIngest(
        this IServiceCollection services, NodeSettings settings, IReadOnlyList<ISinkFactory> factories)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Instruments>();
        services.AddSingleton(settings);
        services.AddSingleton(provider => new IngestNode(
            settings,
            factories,
            provider.GetRequiredService<Instruments>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddIngestOperations(settings);
        services.AddHostedService<IngestService>();
        // The drain decides how long stopping takes; the host must not cut it short.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.Get<Drain.DrainOptions>().Total + TimeSpan.FromSeconds(15));
        return services;
    }
}
