using System.Buffers;
using System.Net.Sockets;

namespace Ingest.Testing;

/// <summary>
/// Posts at a fixed rate, whatever the answers take: every request has its moment in advance, and its latency counts from there, so that a
/// node that stands still shows as latency and not as fewer requests.
/// </summary>
/// <param name="port">The intake's.</param>
/// <param name="journal">Where every attempt is written down.</param>
/// <param name="plan">How much of what.</param>
public sealed class SteadyLoad(int port, EventJournal journal, SteadyPlan plan)
{
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly List<(TimeSpan At, TimeSpan Latency)> _latencies = [];

    // Any thread, interlocked.
    private long _next;

    /// <summary>Requests so far: when each should have gone, from the start, and how long its answer took from then.</summary>
    public IReadOnlyList<(TimeSpan At, TimeSpan Latency)> Latencies
    {
        get
        {
            lock (_lock)
            {
                return [.. _latencies];
            }
        }
    }

    /// <summary>Time since the load was made.</summary>
    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_start);

    /// <summary>The latency that this share of the requests between two moments stayed below; zero when there were none.</summary>
    public TimeSpan Percentile(double share, TimeSpan from, TimeSpan to)
    {
        var chosen = Latencies.Where(request => request.At >= from && request.At < to).Select(request => request.Latency).Order().ToList();
        return chosen.Count == 0 ? TimeSpan.Zero : chosen[Math.Min((int)(share * chosen.Count), chosen.Count - 1)];
    }

    /// <summary>Runs until cancelled; requests under way are waited for.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, plan.Connections).Select(_ => Task.Run(() => RunConnectionAsync(stop), CancellationToken.None)));

    private async Task RunConnectionAsync(CancellationToken stop)
    {
        RawConnection? connection = null;
        var body = new ArrayBufferWriter<byte>();
        while (!stop.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _next) - 1;
            var due = TimeSpan.FromSeconds(number / plan.RequestsPerSecond);
            if (due - Elapsed is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stop.IsCancellationRequested)
                {
                    break;
                }
            }
            connection = await SendAsync(connection, number, due, body);
        }
        connection?.Dispose();
    }

    // Returns the connection if it can be used again.
    private async Task<RawConnection?> SendAsync(RawConnection? connection, long number, TimeSpan due, ArrayBufferWriter<byte> body)
    {
        var key = plan.Keys == 0 ? "" : $"k{number % plan.Keys}";
        var attempt = journal.Begin(plan.EventsPerRequest, plan.Stream, key, BodyShape.Ndjson);
        try
        {
            connection ??= await RawConnection.ConnectAsync(port, CancellationToken.None);
        }
        catch (SocketException)
        {
            attempt.Outcome = AttemptOutcome.Refused;
            return null;
        }
        await Posting.SendAsync(connection, journal, attempt, body, plan.Patience);
        lock (_lock)
        {
            _latencies.Add((due, Elapsed - due));
        }
        if (attempt.Outcome is AttemptOutcome.Accepted or AttemptOutcome.Refused && !attempt.Close)
        {
            return connection;
        }
        connection.Dispose();
        return null;
    }
}

/// <summary>What a <see cref="SteadyLoad"/> posts.</summary>
public sealed record SteadyPlan
{
    /// <summary>Requests a second.</summary>
    public required double RequestsPerSecond { get; init; }

    /// <summary>Events in each, one a line.</summary>
    public int EventsPerRequest { get; init; } = 1;

    /// <summary>Connections, each with one request in flight: enough for the rate times the latency to be expected.</summary>
    public int Connections { get; init; } = 16;

    /// <summary>Different keys, going around; 0: none.</summary>
    public int Keys { get; init; } = 40;

    /// <summary>The stream.</summary>
    public string Stream { get; init; } = "default";

    /// <summary>How long a request may go without an answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
