using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>
/// Stands before a broker of the mock cluster and adds what the mock lacks: idempotence (<see cref="ProducerSequences"/>), refusals that
/// look
/// at a batch's content, throttling, and other addresses in the metadata, so that clients come through proxies.
/// </summary>
internal sealed class BrokerFront : IAsyncDisposable
{
    private const int FrameBytesMax = 100 * 1024 * 1024;

    private readonly int _brokerPort;
    private readonly ClusterRules _rules;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    internal BrokerFront(int brokerPort, ClusterRules rules)
    {
        _brokerPort = brokerPort;
        _rules = rules;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Task[] connections;
        lock (_lock)
        {
            connections = [.. _connections];
        }
        await Task.WhenAll(connections);
        _stop.Dispose();
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The connection's own task disposes it.")]
    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                lock (_lock)
                {
                    _connections.Add(Task.Run(() => ServeAsync(client)));
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The listener went down, during an accept or between two of them.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client) using (var broker = new TcpClient())
        {
            try
            {
                await broker.ConnectAsync(IPAddress.Loopback, _brokerPort, _stop.Token);
                client.NoDelay = broker.NoDelay = true;
                await new FrontConnection(client.GetStream(), broker.GetStream(), _brokerPort, _rules).RunAsync(_stop.Token);
            }
            catch (Exception ended) when (ended is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // One of the sides went away.
            }
        }
    }

    /// <summary>Reads a frame without its length; null at the end.</summary>
    internal static async Task<byte[]?> ReadFrameAsync(Stream stream, CancellationToken cancel)
    {
        var length = new byte[4];
        if (await stream.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false, cancel) < 4)
        {
            return null;
        }
        var bytes = BinaryPrimitives.ReadInt32BigEndian(length);
        if (bytes is < 0 or > FrameBytesMax)
        {
            // Not the protocol: a broker hangs up.
            return null;
        }
        var frame = new byte[bytes];
        return await stream.ReadAtLeastAsync(frame, frame.Length, throwOnEndOfStream: false, cancel) == frame.Length ? frame : null;
    }

    /// <summary>Writes a frame with its length.</summary>
    internal static async Task WriteFrameAsync(Stream stream, ReadOnlyMemory<byte> frame, CancellationToken cancel)
    {
        var whole = new byte[4 + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(whole, frame.Length);
        frame.CopyTo(whole.AsMemory(4));
        await stream.WriteAsync(whole, cancel);
    }
}
