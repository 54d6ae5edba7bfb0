using Ingest.Drain;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Lifecycle;

/// <summary>The host's life ends when the node says so; signals are the drain's (<see cref="ShutdownSignals"/>), not the host's.</summary>
/// <remarks>The signals are attached when there is something to drain: a start that fails ends the process by itself.</remarks>
internal sealed class SignalLifetime(
    IngestNode node, ShutdownSignals signals, TimeProvider time, ILogger<IngestNode> logger) : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _ = AttachAsync();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task AttachAsync()
    {
        await node.Opened;
        signals.Attach(node.Drain, new ExitDeadline(node.Settings.Get<DrainOptions>(), time, logger));
    }
}
