using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ingest.Abuse;

/// <summary>A socket to a node, and everything that came back over it. Nothing is retried, hidden or made right.</summary>
public sealed class Wire : IDisposable
{
    private const int ReceivedBytesMax = 64 * 1024 * 1024;

    private readonly Socket _socket;
    private byte[] _received = new byte[4096];

    private Wire(Socket socket) => _socket = socket;

    /// <summary>Bytes received so far.</summary>
    public ReadOnlySpan<byte> Received => _received.AsSpan(0, Count);

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>The other side has closed or reset the connection.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Connects to a loopback port.</summary>
    public static async Task<Wire> OpenAsync(int port, CancellationToken patience)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), patience);
            return new Wire(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends as much as the other side takes.</summary>
    public Task SendAsync(string latin1, CancellationToken patience) => SendAsync(Encoding.Latin1.GetBytes(latin1), patience);

    /// <inheritdoc cref="SendAsync(string, CancellationToken)"/>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken patience)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, patience)..];
            }
        }
        catch (SocketException)
        {
            // It answered and closed before it had everything: what it said is still to be read.
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

    /// <summary>Ends the connection with a reset, as a process that is killed does.</summary>
    public void ResetOnDispose() => _socket.LingerState = new LingerOption(enable: true, seconds: 0);

    /// <summary>Receives until <paramref name="enough"/> or the end of the connection.</summary>
    public async Task ReceiveAsync(Func<Wire, bool> enough, CancellationToken patience)
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

    /// <summary>Receives that many answers, or those that come before the connection ends.</summary>
    public async Task<IReadOnlyList<WireAnswer>> AnswersAsync(int count, CancellationToken patience)
    {
        await ReceiveAsync(wire => WireAnswer.ParseAll(wire.Received, wholeOnly: true).Count >= count, patience);
        return WireAnswer.ParseAll(Received, wholeOnly: false);
    }

    /// <summary>Receives one answer and says it in a word: its status, or <c>closed</c>.</summary>
    public async Task<string> OutcomeAsync(CancellationToken patience)
    {
        var answers = await AnswersAsync(1, patience);
        return answers.Count == 0 ? Outcomes.Closed : answers[0].Word;
    }

    /// <summary>Forgets what was received.</summary>
    public void Clear() => Count = 0;

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
