using Ingest.DeadLetters.Projection;
using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Server;
using Ingest.Hosting.Settings;
using Ingest.Hosting.Stations;
using Ingest.Intake.Dialects;
using Ingest.Operations.Audit;
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
    /// by factory, before or after this call. What an application registers before this call takes the place of the node's: the clock, an
    /// <see cref="Ingest.Intake.Admission.IRetryAdvice"/>, an <see cref="Ingest.Publishing.IDeadLetterStore"/>,
    /// <see cref="Ingest.Drain.IDrainSteps"/>.
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

    /// <summary>Adds a kind of sinks, for <c>Deliver</c> to name. Before or after <c>AddIngest</c>.</summary>
    /// <typeparam name="TFactory">Makes the sinks.</typeparam>
    public static IServiceCollection AddSink<TFactory>(this IServiceCollection services)
        where TFactory : class, ISinkFactory => services.AddSingleton<ISinkFactory, TFactory>();

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
        services.TryAddSingleton(NewContext);
        services.TryAddSingleton(provider => new IngestNode(
            provider.GetRequiredService<NodeContext>(),
            provider.GetRequiredService<NodeExit>(),
            provider.GetRequiredService<AuditTrail>()));
        services.AddQueue().AddDeadLetters().AddPublishing().AddHealth().AddIntake().AddDrain().AddOperations();
        services.TryAddSingleton<OpenNode>();
        services.AddHostedService(provider => new NodeLifecycle(
            provider.GetRequiredService<IngestNode>(),
            provider.GetRequiredService<OpenNode>,
            provider.GetRequiredService<NodeContext>(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetService<ApplicationGuard>()));
        // The drain decides how long stopping takes; the host must not cut it short.
        services.AddOptions<HostOptions>().Configure<NodeSettings>(static (host, settings) =>
            host.ShutdownTimeout = settings.Get<Drain.DrainOptions>().Total + ExitDeadline.Margin);
        return services;
    }

    private static NodeContext NewContext(IServiceProvider provider)
    {
        var settings = provider.GetRequiredService<NodeSettings>();
        return new NodeContext(
            settings,
            provider.GetRequiredService<SinkKinds>().Factories,
            provider.GetRequiredService<Instruments>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>())
        {
            Projection = NodeDeadLetters.Projection(settings, [.. provider.GetServices<IDeadLetterProjectionFactory>()]),
        };
    }
}
