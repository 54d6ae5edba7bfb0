using System.Text;
using Ingest.Testing;

namespace Ingest.Tests.Intake;

/// <summary>Sends and receives text over a <see cref="RawConnection"/>, with the patience of a test.</summary>
internal sealed class RawText : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RawConnection _connection;

    private RawText(RawConnection connection) => _connection = connection;

    internal static async Task<RawText> OpenAsync(Uri address) =>
        new(await RawConnection.ConnectAsync(address.Port, TestContext.Current.CancellationToken));

    internal Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <exception cref="IOException">The server closed before it had everything.</exception>
    internal async Task SendAsync(byte[] bytes)
    {
        if (!await _connection.SendAsync(bytes, TestContext.Current.CancellationToken))
        {
            throw new IOException("The server closed before it had everything.");
        }
    }

    /// <summary>Half-closes: the server sees the end of what is sent, and can still answer.</summary>
    internal void EndSending() => _connection.EndSending();

    /// <summary>All that was received until <paramref name="enough"/>, or until the server closed or reset.</summary>
    internal async Task<string> ReadAsync(Func<string, bool> enough)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        await _connection.ReceiveAsync(received => enough(Encoding.Latin1.GetString(received.Received)), deadline.Token);
        return Encoding.Latin1.GetString(_connection.Received);
    }

    /// <summary>Closes with a reset, as a process that is killed does.</summary>
    internal void Reset()
    {
        _connection.ResetOnDispose();
        _connection.Dispose();
    }

    public void Dispose() => _connection.Dispose();
}
