using Ingest.DeadLetters.Projection;
using Ingest.Hosting.Connections;
using Ingest.Hosting.Dialects;
using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Operations;
using Ingest.Operations.Admin;
using Ingest.Sinks.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Server;

/// <summary>A whole node as a process of its own: the server with its two listeners around an <see cref="IngestNode"/>.</summary>
public static class IngestServer
{
    private const string DocumentPattern = "/openapi.json";

    /// <summary>Builds the host. Nothing listens and nothing touches the disk before it is started.</summary>
    /// <param name="settings">Bound and checked; the files they name are checked here.</param>
    /// <param name="factories">One per kind of sink.</param>
    /// <param name="logging">Where messages go.</param>
    /// <param name="operate">Maps what operators call, on the admin listener only.</param>
    /// <param name="signals">Handles the process's signals already, and is the caller's; null: handled once the host starts.</param>
    /// <param name="projections">Kinds of projections of the dead letters, for <c>Operations:Store</c>.</param>
    /// <exception cref="SettingsException">A file that a setting names is not what it should be.</exception>
    /// <exception cref="IOException">The process may open too few files.</exception>
    public static IHost Build(
        NodeSettings settings,
        IReadOnlyList<ISinkFactory> factories,
        Action<ILoggingBuilder> logging,
        Action<IEndpointRouteBuilder> operate,
        ShutdownSignals? signals = null,
        IReadOnlyList<IDeadLetterProjectionFactory>? projections = null)
    {
        NodeFiles.ThrowIfWrong(settings);
        var openFiles = OpenFiles.Limit();
        var connectionsMax = OpenFiles.Connections(settings, openFiles);
        var host = new HostBuilder()
            .ConfigureLogging(builder =>
            {
                logging(builder);
                // Enabled at any level it makes an activity and a scope for every request, whether or not anybody looks.
                builder.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            })
            .ConfigureServices(services => (projections ?? [])
                .Aggregate(services, (all, projection) => all.AddSingleton(projection))
                .AddRoutingCore()
                .AddIngest(settings, factories)
                .AddSingleton<IHostLifetime, SignalLifetime>()
                .AddSignals(signals)
                .AddSingleton<ILoggerFactory>(provider => new ClientFaultLogging(
                    ActivatorUtilities.CreateInstance<LoggerFactory>(provider), provider.GetRequiredService<TimeProvider>())))
            .ConfigureWebHost(web => web
                // A request runs where its bytes were read; what takes longer hops off (docs/decisions/0013-request-threads.md).
                .UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true)
                // Without QUIC: no listener speaks HTTP/3.
                .UseKestrelCore()
                .UseKestrelHttpsConfiguration()
                .ConfigureKestrel(kestrel => KestrelSetup.Apply(
                    kestrel, settings.Get<ListenerOptions>(), connectionsMax, BodyLimits.ServerBytesMax(settings.Get<IntakeOptions>()),
                    NodeDialects.Listeners(settings)))
                // After the server's own: of both services the last one counts.
                .ConfigureServices(services => BoundConnections(services, OpenFiles.Accepted(connectionsMax)))
                .ConfigureServices(services => services.AddSingleton<IMemoryPoolFactory<byte>, TransportBlocks>())
                .Configure(app => Configure(app, operate)))
            .Build();
        if (settings.Get<ListenerOptions>().ConnectionsMax is var configured && connectionsMax < configured)
        {
            Log.FewConnections(host.Services.GetRequiredService<ILogger<IngestNode>>(), openFiles, connectionsMax, configured);
        }
        return host;
    }

    // One that is given is not the container's to dispose.
    private static IServiceCollection AddSignals(this IServiceCollection services, ShutdownSignals? signals) =>
        signals is null ? services.AddSingleton<ShutdownSignals>() : services.AddSingleton(signals);

    private static void BoundConnections(IServiceCollection services, int max) =>
        services.AddSingleton<IConnectionListenerFactory>(provider => new BoundedListenerFactory(
            ActivatorUtilities.CreateInstance<SocketTransportFactory>(provider),
            new SemaphoreSlim(max, max),
            provider.GetRequiredService<ILogger<IngestNode>>()));

    private static void Configure(IApplicationBuilder app, Action<IEndpointRouteBuilder> operate)
    {
        var node = app.ApplicationServices.GetRequiredService<IngestNode>();
        // Two tables of routes: what one listener serves does not exist on the other.
        app.MapWhen(IsAdmin, admin => admin.Use(HopAsync).UseIngestHealth(node).UseRouting().UseEndpoints(endpoints =>
        {
            operate(endpoints);
            endpoints.MapIngestHealth();
            MapOtherMethods(endpoints, IngestEndpoints.HealthPatterns, AdminRoutes.RefuseMethodAsync);
        }));
        // The path of most requests is served without the router, which collects what the fallback below has of any path too: 120 bytes a
        // request. Other spellings of it find it there.
        var single = IngestEndpoints.DefaultHandler(app.ApplicationServices);
        app.Use(next => context => context.Request.Path.Value == IntakeEndpoint.DefaultPattern ? single(context) : next(context));
        app.UseRouting().UseEndpoints(endpoints =>
        {
            endpoints.MapIngest();
            endpoints.MapMethods(
                DocumentPattern, [HttpMethods.Get, HttpMethods.Head], (RequestDelegate)(context => ApiDocument.WriteAsync(context)));
            // What a balancer asks that is told neither a method nor a path.
            endpoints.MapMethods("/", [HttpMethods.Options], context => IngestEndpoints.AnswerAsync(context, node.Health.Ready));
            MapOtherMethods(
                endpoints,
                IngestEndpoints.HealthPatterns,
                context => node.Intake.HandleReadOnlyAsync(context, IntakeEndpoint.HealthMethods));
            MapOtherMethods(
                endpoints, [DocumentPattern], context => node.Intake.HandleReadOnlyAsync(context, IntakeEndpoint.ReadMethods));
            endpoints.MapFallback("{**path}", (RequestDelegate)(context => node.Intake.HandleUnknownAsync(context)));
        });
    }

    /// <summary>The router takes these where no endpoint names the method.</summary>
    private static void MapOtherMethods(IEndpointRouteBuilder endpoints, IEnumerable<string> patterns, RequestDelegate refuse)
    {
        foreach (var pattern in patterns)
        {
            endpoints.Map(pattern, refuse);
        }
    }

    /// <summary>What operators ask may read files and take its time: not on a thread that serves producers' sockets.</summary>
    private static async Task HopAsync(HttpContext context, RequestDelegate next)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await next(context);
    }

    private static bool IsAdmin(HttpContext context) => context.Features.Get<ListenerRole>() == ListenerRole.Admin;
}
