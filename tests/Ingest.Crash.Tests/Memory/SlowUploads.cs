using System.Buffers;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Memory;

/// <summary>
/// Producers that stop in the middle of a body: each one costs the node a connection and what has arrived so far. The heaviest honest load
/// there is for its size.
/// </summary>
internal sealed class SlowUploads(int port, EventJournal journal) : IDisposable
{
    /// <summary>Short of what moves a body out of the server's memory into a buffer that is bounded.</summary>
    private const int HeldBytes = 15 * 1024;

    private const int AtOnce = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Queue<(RawConnection Connection, Attempt Attempt, byte[] Tail)> _held = new();

    /// <summary>Uploads that wait in the middle.</summary>
    internal int Count => _held.Count;

    /// <summary>Begins some more, and stops in the middle of each.</summary>
    internal async Task HoldAsync(int more)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        for (var upload = 0; upload < more; upload++)
        {
            var connection = await RawConnection.ConnectAsync(port, patience.Token);
            var attempt = journal.Begin(1, "default", "", BodyShape.Json);
            var body = new ArrayBufferWriter<byte>();
            journal.WriteBody(attempt, body);
            var head = RawConnection.PostHead("/v1/events", "application/json", body.WrittenCount);
            var split = Math.Min(HeldBytes, body.WrittenCount - 1);
            await connection.SendAsync((byte[])[.. head, .. body.WrittenSpan[..split]], patience.Token);
            _held.Enqueue((connection, attempt, body.WrittenSpan[split..].ToArray()));
        }
    }

    /// <summary>Sends the rest of all, a few at once, and notes the answers.</summary>
    internal Task FinishAsync() => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(FinishSomeAsync)));

    public void Dispose()
    {
        foreach (var (connection, _, _) in _held)
        {
            connection.Dispose();
        }
    }

    private async Task FinishSomeAsync()
    {
        while (true)
        {
            (RawConnection Connection, Attempt Attempt, byte[] Tail) upload;
            lock (_held)
            {
                if (!_held.TryDequeue(out upload))
                {
                    return;
                }
            }
            using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
            using (upload.Connection)
            {
                Posting.Record(upload.Attempt, await upload.Connection.ExchangeAsync(upload.Tail, patience.Token));
            }
            upload.Attempt.EndedAt = TimeProvider.System.GetTimestamp();
        }
    }
}
