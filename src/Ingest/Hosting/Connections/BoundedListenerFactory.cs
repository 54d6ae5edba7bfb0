using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Ingest.Hosting.Connections;

/// <summary>
/// Bounds how many connections all listeners together have accepted and not closed yet, those among them that are about to be refused. The
/// server accepts before it refuses, and as fast as it can: in a flood every file the process may open would be taken for a moment, by
/// connections nobody serves (docs/decisions/0049-connections.md).
/// </summary>
/// <param name="inner">Listens.</param>
/// <param name="room">For accepted connections at once. The next waits in the listener's backlog.</param>
internal sealed class BoundedListenerFactory(IConnectionListenerFactory inner, SemaphoreSlim room) : IConnectionListenerFactory
{
    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new BoundedListener(await inner.BindAsync(endpoint, cancellationToken), room);
}
