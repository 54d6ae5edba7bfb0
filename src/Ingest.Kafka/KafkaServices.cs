using Ingest.Sinks.Contract;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Ingest.Kafka;

/// <summary>Makes the kind <c>kafka</c> known to the sinks' settings.</summary>
public static class KafkaServices
{
    /// <summary>Adds the Kafka sink's factory. Repeatable.</summary>
    public static IServiceCollection AddKafkaSink(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ISinkFactory, KafkaSinkFactory>());
        return services;
    }
}
