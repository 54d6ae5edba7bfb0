using Ingest.Health;
using Ingest.Health.Advice;
using Ingest.Health.Policy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Stations;

/// <summary>Registers what probes are answered, the operator's policy, and the advice to refused producers.</summary>
internal static class HealthServices
{
    internal static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new RetryAdvice(
            provider.GetRequiredService<NodeContext>().Settings.Get<HealthOptions>().RetryAfterMax, new Random()));
        services.TryAddSingleton(NewPolicy);
        services.TryAddSingleton<IHealthSources, NodeHealthSources>();
        services.TryAddSingleton<NodeHealth>();
        return services;
    }

    private static PolicyFile NewPolicy(IServiceProvider provider)
    {
        var context = provider.GetRequiredService<NodeContext>();
        // With the log elsewhere the directory may not be there yet, and one that is not there cannot be watched.
        Directory.CreateDirectory(context.DataPath);
        return new PolicyFile(
            context.PolicyPath, context.Gate, context.Instruments, context.Time, context.Loggers.CreateLogger<PolicyFile>());
    }
}
