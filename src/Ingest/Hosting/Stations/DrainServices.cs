using Ingest.Drain;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Stations;

/// <summary>Registers the sequence that stops a node. <see cref="IDrainSteps"/> of the application take the place of the node's.</summary>
internal static class DrainServices
{
    internal static IServiceCollection AddDrain(this IServiceCollection services)
    {
        services.TryAddSingleton<NodeExit>();
        services.TryAddSingleton<IDrainSteps, NodeDrain>();
        services.TryAddSingleton(provider =>
        {
            var context = provider.GetRequiredService<NodeContext>();
            var drain = new DrainController(
                context.Settings.Get<DrainOptions>(),
                provider.GetRequiredService<IDrainSteps>(),
                context.Time,
                context.Loggers.CreateLogger<DrainController>());
            // Until NodeLifecycle has started the stations.
            drain.Hold();
            return drain;
        });
        return services;
    }
}
