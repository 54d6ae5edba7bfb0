using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ingest.Testing;

/// <summary>
/// HTTP/1.1 over a socket of its own, one request at a time. Nothing is retried or hidden: what a client library would smooth over is
/// what these tests are about.
/// </summary>
public sealed class RawConnection : IDisposable
{
    private const int AnswerBytesMax = 1024 * 1024;

    private readonly Socket _socket;
    private byte[] _received = new byte[8192];
    private int _count;

    private RawConnection(Socket socket) => _socket = socket;

    /// <summary>Connects to a loopback port.</summary>
    /// <exception cref="SocketException">No socket listens.</exception>
    public static async Task<RawConnection> ConnectAsync(int port, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
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
        await SendAsync(request, patience);
        return await ReadAnswerAsync(patience);
    }

    /// <summary>Sends the beginning of a request; <see cref="ExchangeAsync"/> sends the rest.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> part, CancellationToken patience)
    {
        try
        {
            while (!part.IsEmpty)
            {
                part = part[await _socket.SendAsync(part, patience)..];
            }
        }
        catch (SocketException)
        {
            // The server may have answered and closed before it read everything: the reader finds out.
        }
    }

    /// <summary>Waits until the other side closes.</summary>
    /// <exception cref="OperationCanceledException">It did not before <paramref name="patience"/> ended.</exception>
    public async Task EndAsync(CancellationToken patience)
    {
        do
        {
            _count = 0;
        }
        while (await ReceiveAsync(patience));
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private async Task<RawAnswer> ReadAnswerAsync(CancellationToken patience)
    {
        _count = 0;
        int headEnd;
        while ((headEnd = _received.AsSpan(0, _count).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await ReceiveAsync(patience))
            {
                // A first line that came whole is an answer already, whatever is missing behind it.
                var line = _received.AsSpan(0, _count).IndexOf("\r\n"u8);
                return line < 0 ? RawAnswer.None : RawAnswer.Parse(_received.AsSpan(0, line));
            }
        }
        var answer = RawAnswer.Parse(_received.AsSpan(0, headEnd));
        var chunked = string.Equals(answer.Header("Transfer-Encoding"), "chunked", StringComparison.OrdinalIgnoreCase);
        _ = int.TryParse(answer.Header("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length);
        byte[]? body;
        while ((body = Body(_received.AsSpan((headEnd + 4).._count), chunked, length)) is null)
        {
            if (!await ReceiveAsync(patience))
            {
                return answer with { Body = _received.AsSpan((headEnd + 4).._count).ToArray() };
            }
        }
        return answer with { Body = body, Complete = true };
    }

    /// <summary>The body when it is whole, else null.</summary>
    private static byte[]? Body(ReadOnlySpan<byte> rest, bool chunked, int length)
    {
        if (!chunked)
        {
            return rest.Length >= length ? rest[..length].ToArray() : null;
        }
        var body = new ArrayBufferWriter<byte>();
        while (true)
        {
            var line = rest.IndexOf("\r\n"u8);
            if (line < 0)
            {
                return null;
            }
            var size = int.Parse(rest[..line], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (rest.Length < line + 2 + size + 2)
            {
                return null;
            }
            if (size == 0)
            {
                return body.WrittenSpan.ToArray();
            }
            body.Write(rest.Slice(line + 2, size));
            rest = rest[(line + 2 + size + 2)..];
        }
    }

    private async Task<bool> ReceiveAsync(CancellationToken patience)
    {
        if (_count == _received.Length)
        {
            if (_count >= AnswerBytesMax)
            {
                throw new InvalidDataException("The answer is larger than any a node gives.");
            }
            Array.Resize(ref _received, _count * 2);
        }
        try
        {
            var read = await _socket.ReceiveAsync(_received.AsMemory(_count), patience);
            _count += read;
            return read > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
