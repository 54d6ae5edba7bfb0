using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ingest.Crash.Tests.Probing;

/// <summary>
/// One request at a time on a thread that waits for nothing else: what it measures is the node, not the queues of this process.
/// Connects when it has to.
/// </summary>
internal sealed class BlockingConnection(int port) : IDisposable
{
    private const int PatienceMs = 10_000;

    private readonly byte[] _received = new byte[16 * 1024];
    private Socket? _socket;

    /// <summary>Status, whether the connection is to be closed, the body; status 0 without an answer.</summary>
    internal (int Status, bool Close, string Body) Ask(byte[] request)
    {
        try
        {
            _socket ??= Connect();
            _socket.Send(request);
            return Read();
        }
        catch (SocketException)
        {
            Dispose();
            return (0, true, "");
        }
    }

    /// <summary>Makes the next request begin on a new connection.</summary>
    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }

    /// <summary>Connects ahead, so that connecting is no part of what is measured. False: no socket listens.</summary>
    internal bool TryConnect()
    {
        try
        {
            _socket ??= Connect();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = PatienceMs,
            SendTimeout = PatienceMs,
        };
        try
        {
            socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private (int Status, bool Close, string Body) Read()
    {
        var (count, headEnd, length) = (0, -1, 0);
        while (headEnd < 0 || count < headEnd + length)
        {
            var read = _socket!.Receive(_received, count, _received.Length - count, SocketFlags.None);
            if (read == 0)
            {
                Dispose();
                return (0, true, "");
            }
            count += read;
            if (headEnd < 0 && (headEnd = _received.AsSpan(0, count).IndexOf("\r\n\r\n"u8)) >= 0)
            {
                headEnd += 4;
                length = int.Parse(Header(headEnd, "Content-Length") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
            }
        }
        var close = string.Equals(Header(headEnd, "Connection"), "close", StringComparison.OrdinalIgnoreCase);
        if (close)
        {
            Dispose();
        }
        var status = int.Parse(_received.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
        return (status, close, Encoding.UTF8.GetString(_received, headEnd, length));
    }

    private string? Header(int headEnd, string name)
    {
        var lines = Encoding.ASCII.GetString(_received, 0, headEnd).Split("\r\n");
        return Array.Find(lines, line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
    }
}
