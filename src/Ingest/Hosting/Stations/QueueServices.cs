using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ingest.Hosting.Stations;

/// <summary>Registers the log and what writes it.</summary>
internal static class QueueServices
{
    internal static IServiceCollection AddQueue(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => NodeLog.Open(provider.GetRequiredService<NodeContext>()));
        return services;
    }
}
