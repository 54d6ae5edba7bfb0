using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Connections;

/// <summary>
/// Bounds the number of connections that all listeners together have accepted and not yet closed, including those about
/// to be refused. The server accepts connections in a loop and refuses the excess later: without this bound, a flood
/// could use up the process's file descriptors (docs/decisions/0049-connections.md). Also removes the socket file that
/// a killed process left behind, which would make binding fail.
/// </summary>
/// <param name="inner">Creates the actual listeners.</param>
/// <param name="room">One count for each connection that may be open at once, shared by all listeners. Further
/// connections wait in the listener's backlog.</param>
/// <param name="logger">Logs the removal of a socket file.</param>
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
