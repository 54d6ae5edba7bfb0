using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ingest.Tests.Sinks.Http;

/// <summary>
/// A forward proxy on loopback that reads the first request of each connection: opens a tunnel, or passes the bytes on to the server that
/// the whole URL names.
/// </summary>
internal sealed class TestProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<string> _heads = [];
    private readonly Task _accepting;

    internal TestProxy()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    internal string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>The credentials it asks for, as the header has them; null for none.</summary>
    internal string? Asks { get; set; }

    /// <summary>What it answers to a tunnel instead of opening it; null: it opens it.</summary>
    internal string? TunnelStatus { get; set; }

    /// <summary>Heads of the first requests of connections.</summary>
    internal IReadOnlyList<string> Heads
    {
        get
        {
            lock (_lock)
            {
                return [.. _heads];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // A listener that was closed between two connections says that it does not listen.
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await using var near = client.GetStream();
            var head = await HeadAsync(near);
            lock (_lock)
            {
                _heads.Add(head);
            }
            var isTunnel = head.StartsWith("CONNECT ", StringComparison.Ordinal);
            var refusal = Asks is { } asks && !head.Contains($"Proxy-Authorization: {asks}\r\n", StringComparison.OrdinalIgnoreCase)
                ? "407 Who are you\r\nProxy-Authenticate: Basic realm=\"p\""
                : isTunnel ? TunnelStatus : null;
            if (refusal is not null)
            {
                await near.WriteAsync(Encoding.ASCII.GetBytes(
                    $"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), _stop.Token);
                client.Client.Shutdown(SocketShutdown.Send);
                await near.CopyToAsync(Stream.Null, _stop.Token);
                return;
            }
            var target = head.Split(' ')[1];
            var place = new Uri(isTunnel ? "tcp://" + target : target);
            using var server = new TcpClient();
            await server.ConnectAsync(IPAddress.Loopback, place.Port, _stop.Token);
            await using var far = server.GetStream();
            await (isTunnel ? near : far).WriteAsync(Encoding.Latin1.GetBytes(isTunnel ? "HTTP/1.1 200 OK\r\n\r\n" : head), _stop.Token);
            await Task.WhenAny(near.CopyToAsync(far, _stop.Token), far.CopyToAsync(near, _stop.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // One of the sides went.
        }
    }

    private async Task<string> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var next = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(next, _stop.Token) == 1)
        {
            head.Append((char)next[0]);
        }
        return head.ToString();
    }
}
