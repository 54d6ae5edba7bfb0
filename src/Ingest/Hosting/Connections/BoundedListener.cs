using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Ingest.Hosting.Connections;

/// <summary>Accepts only where there is room; what is accepted gives its room back when its socket is closed.</summary>
internal sealed class BoundedListener(IConnectionListener inner, SemaphoreSlim room) : IConnectionListener
{
    private readonly CancellationTokenSource _unbound = new();

    /// <inheritdoc/>
    public EndPoint EndPoint => inner.EndPoint;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (!room.Wait(0, cancellationToken) && !await WaitAsync(cancellationToken))
        {
            return null;
        }
        ConnectionContext? connection = null;
        try
        {
            connection = await inner.AcceptAsync(cancellationToken);
        }
        finally
        {
            if (connection is null)
            {
                room.Release();
            }
        }
        return connection is null ? null : new BoundedConnection(connection, room);
    }

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbound.CancelAsync();
        await inner.UnbindAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _unbound.Dispose();
        return inner.DisposeAsync();
    }

    /// <summary>Waits for room. False: it no longer listens.</summary>
    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, cancellationToken);
        try
        {
            await room.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
