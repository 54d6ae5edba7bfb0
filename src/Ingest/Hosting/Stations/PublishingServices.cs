using Ingest.DeadLetters;
using Ingest.Health.Policy;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ingest.Hosting.Stations;

/// <summary>
/// Registers the lanes. Events that sinks refuse go to an <see cref="IDeadLetterStore"/> of the application, where it has one.
/// </summary>
internal static class PublishingServices
{
    internal static IServiceCollection AddPublishing(this IServiceCollection services)
    {
        services.TryAddSingleton(NewLanes);
        services.TryAddSingleton<DeliveryBacklog>();
        return services;
    }

    private static LaneSet NewLanes(IServiceProvider provider)
    {
        var policy = provider.GetRequiredService<PolicyFile>();
        var refused = provider.GetService<IDeadLetterStore>() ?? provider.GetRequiredService<DeadLetterStore>();
        var lanes = NodeLanes.Create(
            provider.GetRequiredService<NodeContext>(), provider.GetRequiredService<NodeLog>().Log, refused, only: []);
        lanes.SetBreakerFailureRatio(policy.Current.Document.CircuitBreakerThreshold);
        policy.Changed = document => lanes.SetBreakerFailureRatio(document.CircuitBreakerThreshold);
        return lanes;
    }
}
