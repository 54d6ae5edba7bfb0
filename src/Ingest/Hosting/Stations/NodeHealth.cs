using Ingest.Health;
using Ingest.Health.Advice;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Stations;

/// <summary>Samples the node's health, from before it listens until its stations close.</summary>
internal sealed class NodeHealth : IDisposable
{
    private readonly HealthSampler _sampler;

    public NodeHealth(NodeContext context, IHealthSources sources, RetryAdvice advice)
    {
        var options = context.Settings.Get<HealthOptions>();
        State = new HealthState(context.Gate, options, context.Time);
        _sampler = new HealthSampler(options, sources, State, advice, context.Time, context.Loggers.CreateLogger<HealthSampler>());
    }

    internal HealthState State { get; }

    internal void Start() => _sampler.Start();

    /// <inheritdoc/>
    public void Dispose() => _sampler.Dispose();
}
