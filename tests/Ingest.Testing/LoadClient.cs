using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;

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
        body.ResetWrittenCount();
        journal.WriteBody(attempt, body);
        var path = attempt.Stream == "default" ? "/v1/events" : $"/v1/streams/{attempt.Stream}/events";
        var key = attempt.Key.Length == 0 ? "" : $"Ingest-Key: {attempt.Key}\r\n";
        var head = RawConnection.PostHead(path, ContentType(attempt.Shape), body.WrittenCount, key);
        var request = new byte[head.Length + body.WrittenCount];
        head.CopyTo(request, 0);
        body.WrittenSpan.CopyTo(request.AsSpan(head.Length));

        using var patience = new CancellationTokenSource(shape.Patience, TimeProvider.System);
        try
        {
            Record(attempt, await connection.ExchangeAsync(request, patience.Token));
        }
        catch (OperationCanceledException)
        {
            attempt.Outcome = AttemptOutcome.Hung;
        }
        attempt.EndedAt = TimeProvider.System.GetTimestamp();
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

    private static string ContentType(BodyShape body) => body switch
    {
        BodyShape.Ndjson => "application/x-ndjson",
        BodyShape.Opaque => "application/octet-stream",
        _ => "application/json",
    };

    private static void Record(Attempt attempt, RawAnswer answer)
    {
        attempt.Status = answer.Status;
        attempt.Close = answer.Close || !answer.Complete;
        attempt.HasRetryAfter = answer.Header("Retry-After") is not null;
        attempt.Outcome = answer.Status switch
        {
            0 => AttemptOutcome.Cut,
            202 => AttemptOutcome.Accepted,
            _ => AttemptOutcome.Refused,
        };
        if (!answer.Complete || answer.Body.IsEmpty)
        {
            return;
        }
        using var body = JsonDocument.Parse(answer.Body);
        if (answer.Status == 202)
        {
            attempt.FirstSequence = body.RootElement.GetProperty("first").GetInt64();
            attempt.LastSequence = body.RootElement.GetProperty("last").GetInt64();
        }
        else if (body.RootElement.TryGetProperty("code", out var code))
        {
            attempt.Code = code.GetString() ?? "";
        }
    }

    private Task PauseAsync() => Task.Delay(shape.Pause, TimeProvider.System);
}
