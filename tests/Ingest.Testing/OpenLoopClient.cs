using System.Buffers;
using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Ingest.Testing;

/// <summary>
/// Posts one event a request at a fixed rate, whatever the answers do: a server that slows down is not spared. Every other request has a
/// connection of its own, the rest share connections that are kept. Nothing is tried again. Bounded in requests under way; when that bound
/// is met, requests are sent late and their latency says so.
/// </summary>
/// <param name="port">Where to post, on the loopback.</param>
/// <param name="ratePerSecond">Requests a second.</param>
/// <param name="journal">Where every request is noted.</param>
public sealed class OpenLoopClient(int port, int ratePerSecond, OpenLoopJournal journal)
{
    private const int UnderWayMax = 2000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    // A client has to let go of idle connections before the balancer does, or it sends on one that is being closed (docs/timeouts.md).
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(20);

    private readonly ConcurrentStack<(RawConnection Connection, long Since)> _idle = new();

    // Any thread, interlocked.
    private int _underWay;

    /// <summary>Requests without an outcome now. Any thread.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Runs until told to stop; returns when every request has its outcome.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var start = TimeProvider.System.GetTimestamp();
        for (var issued = 0L; !stop.IsCancellationRequested;)
        {
            var due = (long)(TimeProvider.System.GetElapsedTime(start).TotalSeconds * ratePerSecond);
            for (; issued < due && UnderWay < UnderWayMax; issued++)
            {
                var dueAt = start + (issued * TimeProvider.System.TimestampFrequency / ratePerSecond);
                Interlocked.Increment(ref _underWay);
                _ = SendAsync(journal.Begin(dueAt, fresh: issued % 2 == 1));
            }
            await Task.Delay(Tick, TimeProvider.System, CancellationToken.None);
        }
        await Poll.Until("every request has its outcome", () => UnderWay == 0, Patience * 2);
        while (_idle.TryPop(out var kept))
        {
            kept.Connection.Dispose();
        }
    }

    private async Task SendAsync(OpenLoopRequest request)
    {
        RawConnection? connection = null;
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            connection = (request.Fresh ? null : Kept()) ?? await RawConnection.ConnectAsync(port, patience.Token);
            var answer = await connection.ExchangeAsync(Bytes(request), patience.Token);
            (request.Status, request.EndedAt) = (answer.Status, TimeProvider.System.GetTimestamp());
            if (!request.Fresh && answer is { Complete: true, Close: false })
            {
                _idle.Push((connection, TimeProvider.System.GetTimestamp()));
                connection = null;
            }
            else if (answer.Complete)
            {
                // Who closes first keeps the port for a minute: let it be the server's.
                await connection.EndAsync(patience.Token);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            request.EndedAt = request.EndedAt == 0 ? TimeProvider.System.GetTimestamp() : request.EndedAt;
        }
        finally
        {
            connection?.Dispose();
            Interlocked.Decrement(ref _underWay);
        }
    }

    /// <summary>The connection that was used last, or null.</summary>
    private RawConnection? Kept()
    {
        while (_idle.TryPop(out var kept))
        {
            if (TimeProvider.System.GetElapsedTime(kept.Since) < IdleMax)
            {
                return kept.Connection;
            }
            kept.Connection.Dispose();
        }
        return null;
    }

    private byte[] Bytes(OpenLoopRequest request)
    {
        var body = new ArrayBufferWriter<byte>(512);
        journal.Source.WriteJson(request.Id, body);
        var close = request.Fresh ? "Connection: close\r\n" : "";
        var head = RawConnection.PostHead("/v1/events", "application/json", body.WrittenCount, close);
        return [.. head, .. body.WrittenSpan];
    }
}
