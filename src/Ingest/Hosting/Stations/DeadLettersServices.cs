using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ingest.Hosting.Stations;

/// <summary>Registers where events go that sinks refused.</summary>
internal static class DeadLettersServices
{
    internal static IServiceCollection AddDeadLetters(this IServiceCollection services)
    {
        services.TryAddSingleton(provider =>
        {
            var context = provider.GetRequiredService<NodeContext>();
            return NodeDeadLetters.Open(context, provider.GetRequiredService<NodeLog>().Log, context.Projection);
        });
        return services;
    }
}
