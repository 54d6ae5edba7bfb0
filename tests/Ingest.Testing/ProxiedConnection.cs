using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Ingest.Testing;

/// <summary>One connection through a <see cref="FaultProxy"/>: two pumps that do what the proxy says at this moment.</summary>
internal sealed class ProxiedConnection(FaultProxy proxy, Socket client) : IDisposable
{
    private const int ChunkBytes = 64 * 1024;
    private const int ChunksMax = 256;
    private static readonly TimeSpan StallCheck = TimeSpan.FromMilliseconds(5);

    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _cut = new();

    internal async Task RunAsync(IPEndPoint target, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _cut.Token);
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(target, either.Token);
            var there = PumpAsync(client, _server, isAnswer: false, either.Token);
            var back = PumpAsync(_server, client, isAnswer: true, either.Token);
            // When one direction ends, so does the connection: the protocols here know no half-closed ones.
            await await Task.WhenAny(there, back);
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut, or refused by the target.
        }
        finally
        {
            await _cut.CancelAsync();
        }
    }

    /// <summary>Ends the connection with a reset on both sides.</summary>
    internal void Reset()
    {
        try
        {
            client.LingerState = new LingerOption(true, 0);
            client.Close();
            _server.LingerState = new LingerOption(true, 0);
            _server.Close();
            _cut.Cancel();
        }
        catch (Exception ended) when (ended is ObjectDisposedException or SocketException)
        {
            // It ended by itself meanwhile.
        }
    }

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
        _cut.Dispose();
    }

    private async Task PumpAsync(Socket from, Socket to, bool isAnswer, CancellationToken cancel)
    {
        var way = Channel.CreateBounded<(byte[] Bytes, long Since)>(ChunksMax);
        var arriving = ArriveAsync(way.Reader, to, isAnswer, cancel);
        try
        {
            var buffer = new byte[ChunkBytes];
            while (await from.ReceiveAsync(buffer, cancel) is var count and > 0)
            {
                await way.Writer.WriteAsync((buffer[..count], TimeProvider.System.GetTimestamp()), cancel);
            }
        }
        finally
        {
            way.Writer.TryComplete();
        }
        await arriving;
    }

    private async Task ArriveAsync(ChannelReader<(byte[] Bytes, long Since)> way, Socket to, bool isAnswer, CancellationToken cancel)
    {
        var free = TimeProvider.System.GetTimestamp();
        await foreach (var (bytes, since) in way.ReadAllAsync(cancel))
        {
            var left = proxy.Latency - TimeProvider.System.GetElapsedTime(since);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, TimeProvider.System, cancel);
            }
            while (proxy.IsStalled)
            {
                await Task.Delay(StallCheck, TimeProvider.System, cancel);
            }
            if (isAnswer && proxy.IsHalfOpen)
            {
                continue;
            }
            if (proxy.BytesPerSecond is var rate and > 0)
            {
                // From when the last piece was through, so that the rate is kept although no wait ends on time.
                free = Math.Max(free, since) + (long)((double)bytes.Length / rate * TimeProvider.System.TimestampFrequency);
                if (TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), free) is var busy && busy > TimeSpan.Zero)
                {
                    await Task.Delay(busy, TimeProvider.System, cancel);
                }
            }
            for (ReadOnlyMemory<byte> rest = bytes; rest.Length > 0;)
            {
                rest = rest[await to.SendAsync(rest, cancel)..];
            }
        }
    }
}
