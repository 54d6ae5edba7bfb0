using System.Buffers;
using System.Net.Sockets;

namespace Ingest.Testing;

/// <summary>Posts events over several connections, through refusals, resets and restarts, and journals every attempt.</summary>
public sealed class LoadClient(int port, EventJournal journal, LoadShape shape, int seed)
{
    // Any thread, interlocked.
    private long _sent;
    private long _accepted;

    /// <summary>Requests answered with 202. Any thread.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Runs until cancelled or <see cref="LoadShape.EventsMax"/>; requests under way are waited for.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, shape.Connections)
            .Select(index => Task.Run(() => RunConnectionAsync(new Random(seed + index), stop), CancellationToken.None)));

    private async Task RunConnectionAsync(Random random, CancellationToken stop)
    {
        RawConnection? connection = null;
        var buffer = new ArrayBufferWriter<byte>();
        while (!stop.IsCancellationRequested && (shape.EventsMax == 0 || Interlocked.Read(ref _sent) < shape.EventsMax))
        {
            connection ??= await TryConnectAsync(stop);
            if (connection is null)
            {
                await PauseAsync();
                continue;
            }
            var attempt = await SendAsync(connection, random, buffer);
            if (attempt.Outcome is AttemptOutcome.Cut or AttemptOutcome.Hung || attempt.Close || shape.ConnectionPerRequest)
            {
                connection.Dispose();
                connection = null;
            }
            if (attempt.Outcome == AttemptOutcome.Refused)
            {
                await PauseAsync();
            }
            else if (shape.Pace > TimeSpan.Zero)
            {
                await Task.Delay(shape.Pace, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        connection?.Dispose();
    }

    private async Task<RawConnection?> TryConnectAsync(CancellationToken stop)
    {
        try
        {
            return await RawConnection.ConnectAsync(port, stop);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<Attempt> SendAsync(RawConnection connection, Random random, ArrayBufferWriter<byte> body)
    {
        var attempt = Draw(random);
        Interlocked.Add(ref _sent, attempt.Count);
        await Posting.SendAsync(connection, journal, attempt, body, shape.Patience);
        if (attempt.Outcome == AttemptOutcome.Accepted)
        {
            Interlocked.Increment(ref _accepted);
        }
        return attempt;
    }

    private Attempt Draw(Random random)
    {
        var lot = random.Next(100);
        var (json, opaque, array) = shape.Percent;
        var body = lot < json ? BodyShape.Json
            : lot < json + opaque ? BodyShape.Opaque
            : lot < json + opaque + array ? BodyShape.Array
            : BodyShape.Ndjson;
        var count = body is BodyShape.Json or BodyShape.Opaque ? 1 : 1 + random.Next(shape.BatchEventsMax);
        var stream = random.Next(shape.Streams + 1) is var index and > 0 ? $"s{index}" : "default";
        var key = random.Next(2) == 0 || shape.Keys == 0 ? "" : $"k{random.Next(shape.Keys)}";
        return journal.Begin(count, stream, key, body);
    }

    private Task PauseAsync() => Task.Delay(shape.Pause, TimeProvider.System);
}
