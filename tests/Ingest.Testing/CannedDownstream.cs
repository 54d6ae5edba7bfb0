using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ingest.Testing;

/// <summary>
/// A server on loopback that says to every request exactly the bytes it was given, well-formed or not, and then closes the connection or
/// keeps it open without another word.
/// </summary>
public sealed class CannedDownstream : IAsyncDisposable
{
    private const int HeadBytesMax = 64 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _answer;
    private readonly bool _staysOpen;
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private int _requests;

    private CannedDownstream(byte[] answer, bool staysOpen)
    {
        (_answer, _staysOpen) = (answer, staysOpen);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Requests read so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Starts on a free port.</summary>
    /// <param name="answer">Its bytes, Latin-1.</param>
    /// <param name="staysOpen">Whether the connection stays open behind the answer.</param>
    public static CannedDownstream Start(string answer, bool staysOpen = false) => new(Encoding.Latin1.GetBytes(answer), staysOpen);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The listener went down, during an accept or between two of them.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var mine = client;
        try
        {
            var stream = client.GetStream();
            await ReadRequestAsync(stream);
            Interlocked.Increment(ref _requests);
            await stream.WriteAsync(_answer, _stop.Token);
            if (_staysOpen)
            {
                // Until the other side goes.
                while (await stream.ReadAsync(new byte[4096], _stop.Token) > 0)
                {
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The other side went first, or the test is over.
        }
    }

    private async Task ReadRequestAsync(NetworkStream stream)
    {
        var head = new byte[HeadBytesMax];
        var read = 0;
        int end;
        while ((end = head.AsSpan(0, read).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var more = await stream.ReadAsync(head.AsMemory(read), _stop.Token);
            read += more > 0 ? more : throw new IOException("The request ended within its head.");
        }
        var length = Encoding.ASCII.GetString(head, 0, end).Split("\r\n")
            .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(line => int.Parse(line["Content-Length:".Length..], CultureInfo.InvariantCulture)).Single();
        var rest = new byte[Math.Max(length - (read - end - 4), 0)];
        await stream.ReadExactlyAsync(rest, _stop.Token);
    }
}
