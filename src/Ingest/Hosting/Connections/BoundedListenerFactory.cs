using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Connections;

/// <summary>
/// Bounds how many connections all listeners together have accepted and not closed yet, those among them that are about to be refused. The
/// server accepts before it refuses, and as fast as it can: in a flood every file the process may open would be taken for a moment, by
/// connections that are not served (docs/decisions/0049-connections.md).
/// </summary>
/// <param name="inner">Listens.</param>
/// <param name="room">For accepted connections at once. The next waits in the listener's backlog.</param>
/// <param name="logger">Told of the file of a socket that was removed.</param>
internal sealed class BoundedListenerFactory(IConnectionListenerFactory inner, SemaphoreSlim room, ILogger logger)
    : IConnectionListenerFactory
{
    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is UnixDomainSocketEndPoint socket && AbandonedSocket.Remove(socket.ToString()))
        {
            Log.SocketRemoved(logger, socket.ToString());
        }
        return new BoundedListener(await inner.BindAsync(endpoint, cancellationToken), room);
    }
}
