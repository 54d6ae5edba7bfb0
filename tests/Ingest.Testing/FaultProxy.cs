using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Ingest.Testing;

/// <summary>
/// A TCP proxy on loopback that misbehaves on command: slow, narrow, stalled without a word, half-open, reset, gone. Changes take effect on
/// connections that are open already.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<ProxiedConnection> _connections = [];
    private readonly List<Task> _ended = [];
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    private FaultProxy(IPEndPoint target, int port) => (_target, Port) = (target, port);

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Time every piece of data spends on the way, in each direction.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Bytes a second in each direction; 0 for no limit.</summary>
    public int BytesPerSecond { get; set; }

    /// <summary>Nothing moves while this holds; connections stay open, and everything arrives afterwards.</summary>
    public bool IsStalled { get; set; }

    /// <summary>Nothing comes back while this holds, and what should have is gone: the other side seems to have vanished.</summary>
    public bool IsHalfOpen { get; set; }

    /// <summary>Connections accepted so far.</summary>
    public int Accepted { get; private set; }

    /// <summary>Starts on a port that stays free for it while it is down.</summary>
    public static FaultProxy Start(int targetPort)
    {
        var proxy = new FaultProxy(new IPEndPoint(IPAddress.Loopback, targetPort), FreePort.Next());
        proxy.Up();
        return proxy;
    }

    /// <summary>Resets every connection and refuses new ones, as a broker that is down.</summary>
    public async Task DownAsync()
    {
        _listener?.Dispose();
        _listener = null;
        await _accepting;
        ResetAll();
    }

    /// <summary>Listens again on the same port.</summary>
    public void Up()
    {
        var listener = new TcpListener(IPAddress.Loopback, Port);
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start();
        _listener = listener;
        _accepting = AcceptAsync(listener);
    }

    /// <summary>Cuts every connection with a reset.</summary>
    public void ResetAll()
    {
        ProxiedConnection[] connections;
        lock (_lock)
        {
            connections = [.. _connections];
        }
        foreach (var connection in connections)
        {
            connection.Reset();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await DownAsync();
        Task[] ended;
        lock (_lock)
        {
            ended = [.. _ended];
        }
        await Task.WhenAll(ended);
        _stop.Dispose();
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The connection's own task disposes it.")]
    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(_stop.Token);
                Accepted++;
                var connection = new ProxiedConnection(this, client);
                lock (_lock)
                {
                    _connections.Add(connection);
                    _ended.Add(RunAsync(connection));
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The listener went down, during an accept or between two of them.
        }
    }

    private async Task RunAsync(ProxiedConnection connection)
    {
        await Task.Yield();
        await connection.RunAsync(_target, _stop.Token);
        lock (_lock)
        {
            _connections.Remove(connection);
        }
        connection.Dispose();
    }
}
