using Microsoft.AspNetCore.Connections;

namespace Ingest.Hosting.Connections;

/// <summary>
/// How many connections one listener serves at once, over all addresses it is bound to: the server's own limit counts each address by
/// itself. One more is closed before anything is read from it.
/// </summary>
/// <param name="max">Connections at once.</param>
internal sealed class ConnectionQuota(int max)
{
    private int _open;

    /// <summary>What serves a connection, where there is room for it.</summary>
    /// <param name="next">Serves it.</param>
    /// <param name="refused">Called for each that there is no room for.</param>
    internal ConnectionDelegate Around(ConnectionDelegate next, Action<int> refused) => async connection =>
    {
        if (Interlocked.Increment(ref _open) > max)
        {
            Interlocked.Decrement(ref _open);
            refused(max);
            // The server closes what is handed back.
            return;
        }
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    };
}
