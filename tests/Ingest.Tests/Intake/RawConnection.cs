using System.Net.Sockets;
using System.Text;

namespace Ingest.Tests.Intake;

/// <summary>A TCP connection that sends exactly what it is told: HTTP clients prettify.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client = new();
    private readonly StringBuilder _received = new();
    private NetworkStream _stream = null!;

    internal static async Task<RawConnection> OpenAsync(Uri address)
    {
        var connection = new RawConnection();
        await connection._client.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        connection._client.NoDelay = true;
        connection._stream = connection._client.GetStream();
        return connection;
    }

    internal Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    internal async Task SendAsync(byte[] bytes) =>
        await _stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>Half-closes: the server sees the end of what is sent, and can still answer.</summary>
    internal void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>All that was received until <paramref name="enough"/>, or until the server closed or reset.</summary>
    internal async Task<string> ReadAsync(Func<string, bool> enough)
    {
        var buffer = new byte[16 * 1024];
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        while (!enough(_received.ToString()))
        {
            int count;
            try
            {
                count = await _stream.ReadAsync(buffer, deadline.Token);
            }
            catch (IOException)
            {
                break;
            }
            if (count == 0)
            {
                break;
            }
            _received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        return _received.ToString();
    }

    /// <summary>Closes with a reset, as a process that is killed does.</summary>
    internal void Reset()
    {
        _client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Close();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }
}
