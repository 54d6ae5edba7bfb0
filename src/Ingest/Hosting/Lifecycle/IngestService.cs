using Ingest.Hosting.Server;
using Microsoft.Extensions.Hosting;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Ties a node to its host's life: opened before the server listens, started once it does, drained before it stops, so that both listeners
/// serve health and progress until the end.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="lifetime">Ended by a node that has drained to exit, or whose log failed.</param>
/// <param name="application">The application around the node; null where the node is the process.</param>
internal sealed class IngestService(IngestNode node, IHostApplicationLifetime lifetime, ApplicationGuard? application)
    : IHostedLifecycleService
{
    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        node.Open();
        _ = LeaveAsync();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        // The server listens, and the gate is shut.
        application?.ThrowIfOpen();
        await node.RecallAsync();
        node.Start(application?.Addresses);
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        node.Drain.RequestDrain("the host stops", exitAfter: true).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StoppedAsync(CancellationToken cancellationToken) => await node.DisposeAsync();

    // A drained node that is to exit, or one whose log failed, takes the process with it.
    private async Task LeaveAsync()
    {
        await node.Exit;
        lifetime.StopApplication();
    }
}
