using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ingest.Testing;

/// <summary>
/// A socket of its own, which sends exactly the bytes it is given and keeps all that comes back. Nothing is retried or hidden: what a
/// client library would smooth over is what these tests are about.
/// </summary>
public sealed class RawConnection : IDisposable
{
    private const int ReceivedBytesMax = 64 * 1024 * 1024;

    private readonly Socket _socket;
    private byte[] _received = new byte[4096];

    private RawConnection(Socket socket) => _socket = socket;

    /// <summary>What was received so far, since <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Received => _received.AsSpan(0, Count);

    /// <summary>Bytes of <see cref="Received"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The other side has closed or reset the connection.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Connects to a loopback port.</summary>
    /// <exception cref="SocketException">No socket listens.</exception>
    public static async Task<RawConnection> ConnectAsync(int port, CancellationToken patience)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), patience);
            return new RawConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The head of a POST; extra header lines end with CR LF each.</summary>
    public static byte[] PostHead(string path, string contentType, long contentLength, string extraHeaders = "") =>
        Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {contentType}\r\nContent-Length: {contentLength}\r\n"
            + $"{extraHeaders}\r\n"));

    /// <summary>Sends the bytes of a request and reads the answer, or as much of it as comes before the connection ends.</summary>
    /// <exception cref="OperationCanceledException">Neither an answer nor an end came before <paramref name="patience"/> ended.</exception>
    public async Task<RawAnswer> ExchangeAsync(ReadOnlyMemory<byte> request, CancellationToken patience)
    {
        Clear();
        await SendAsync(request, patience);
        await ReceiveAsync(connection => RawAnswer.Read(connection.Received) is { Complete: true }, patience);
        return RawAnswer.Read(Received);
    }

    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    public Task<bool> SendAsync(string latin1, CancellationToken patience) => SendAsync(Encoding.Latin1.GetBytes(latin1), patience);

    /// <summary>Sends as much as the other side takes.</summary>
    /// <returns>False if it closed before it had everything: what it answered is still to be read.</returns>
    public async Task<bool> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken patience)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, patience)..];
            }
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Ends sending; the other side may still answer.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Already closed by the other side.
        }
    }

    /// <summary>Ends the connection with a reset when it is disposed of, as a process that is killed does.</summary>
    public void ResetOnDispose() => _socket.LingerState = new LingerOption(enable: true, seconds: 0);

    /// <summary>Receives until <paramref name="enough"/> or the end of the connection.</summary>
    /// <exception cref="OperationCanceledException">Neither came before <paramref name="patience"/> ended.</exception>
    public async Task ReceiveAsync(Func<RawConnection, bool> enough, CancellationToken patience)
    {
        while (!IsClosed && !enough(this))
        {
            if (Count == _received.Length)
            {
                if (Count >= ReceivedBytesMax)
                {
                    throw new InvalidDataException("More came back than any answer has.");
                }
                Array.Resize(ref _received, Count * 2);
            }
            try
            {
                var count = await _socket.ReceiveAsync(_received.AsMemory(Count), patience);
                Count += count;
                IsClosed = count == 0;
            }
            catch (SocketException)
            {
                IsClosed = true;
            }
        }
    }

    /// <summary>Waits until the other side closes.</summary>
    /// <exception cref="OperationCanceledException">It did not before <paramref name="patience"/> ended.</exception>
    public Task EndAsync(CancellationToken patience) => ReceiveAsync(_ => false, patience);

    /// <summary>Forgets what was received.</summary>
    public void Clear() => Count = 0;

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
