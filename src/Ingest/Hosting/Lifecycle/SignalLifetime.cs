using Microsoft.Extensions.Hosting;

namespace Ingest.Hosting.Lifecycle;

/// <summary>The host's life ends when the node says so; signals are the drain's (<see cref="ShutdownSignals"/>), not the host's.</summary>
internal sealed class SignalLifetime(IngestNode node) : IHostLifetime, IDisposable
{
    private ShutdownSignals? _signals;

    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _signals = new ShutdownSignals(node.Drain, node.Opened);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _signals?.Dispose();
}
