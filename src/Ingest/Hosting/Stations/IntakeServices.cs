using Ingest.Hosting.Dialects;
using Ingest.Hosting.Lifecycle;
using Ingest.Intake;
using Ingest.Intake.Admission;
using Ingest.Intake.Dialects;
using Ingest.Intake.Dialects.Engine;
using Ingest.Intake.Http;
using Ingest.Publishing.Lanes;
using Ingest.Publishing.Receipts;
using Ingest.Queue;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Stations;

/// <summary>Registers what takes events. An <see cref="IRetryAdvice"/> of the application takes the place of the node's.</summary>
internal static class IntakeServices
{
    internal static IServiceCollection AddIntake(this IServiceCollection services)
    {
        services.TryAddSingleton<IRetryAdvice, NodeAdvice>();
        services.TryAddSingleton(NewIntake);
        services.TryAddSingleton(provider => new DialectEndpoint(
            provider.GetRequiredService<IntakeEndpoint>().Parts, provider.GetRequiredService<NodeLog>().Queue.SubmitAsync));
        services.TryAddSingleton(provider => new IdempotencyFile(
            provider.GetRequiredService<NodeLog>().Directory, provider.GetRequiredService<NodeLog>().Log));
        services.TryAddSingleton(NewReplay);
        services.TryAddSingleton(NewRepeats);
        services.TryAddSingleton(provider => new ProducerKeeping(
            provider.GetRequiredService<NodeLog>(),
            provider.GetRequiredService<IntakeEndpoint>().Sequences,
            provider.GetRequiredService<NodeContext>().Time,
            provider.GetRequiredService<NodeContext>().Loggers.CreateLogger<ProducerKeeping>(),
            provider.GetRequiredService<NodeContext>().Settings.Get<WalSettings>().BytesMax));
        services.TryAddSingleton(provider => new NodeDialects(
            provider.GetRequiredService<IngestNode>(),
            provider.GetRequiredService<NodeContext>().Settings,
            provider.GetServices<IDialect>()));
        return services;
    }

    private static IntakeEndpoint NewIntake(IServiceProvider provider)
    {
        var context = provider.GetRequiredService<NodeContext>();
        var writing = provider.GetRequiredService<NodeLog>();
        var backlog = provider.GetRequiredService<DeliveryBacklog>();
        var options = context.Settings.Get<IntakeOptions>();
        return new IntakeEndpoint(
            options,
            new StreamDirectory(
                options, writing.Totals.Snapshot().Select(total => total.Stream), context.Time, () => backlog.Current.OldestAge),
            context.Gate,
            writing.Queue.SubmitAsync,
            new NodeDeliveries(
                new DeliveryReceipts(provider.GetRequiredService<LaneSet>(), options.AckLanes), writing.Log),
            provider.GetRequiredService<IRetryAdvice>(),
            context.Instruments,
            context.Time,
            context.Loggers.CreateLogger<IntakeEndpoint>());
    }

    private static IdempotencyReplay NewReplay(IServiceProvider provider)
    {
        var context = provider.GetRequiredService<NodeContext>();
        return new IdempotencyReplay(
            provider.GetRequiredService<NodeLog>().Log,
            provider.GetRequiredService<IdempotencyFile>(),
            provider.GetRequiredService<IntakeEndpoint>().Idempotency,
            context.Settings.Get<IntakeOptions>().IdempotencyWindow,
            context.Time,
            context.Loggers.CreateLogger<IdempotencyReplay>());
    }

    private static IdempotencyKeeping NewRepeats(IServiceProvider provider)
    {
        var context = provider.GetRequiredService<NodeContext>();
        return new IdempotencyKeeping(
            provider.GetRequiredService<NodeLog>().Log,
            provider.GetRequiredService<IdempotencyReplay>(),
            provider.GetRequiredService<IdempotencyFile>(),
            provider.GetRequiredService<IntakeEndpoint>().Idempotency,
            context.Time,
            context.Loggers.CreateLogger<IdempotencyKeeping>(),
            context.Settings.Get<WalSettings>().BytesMax);
    }
}
