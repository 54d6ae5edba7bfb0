using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Ingest.Worker.Bench;

/// <summary>Makes the load of a plan and counts what became of it. One use.</summary>
internal sealed class BenchRun(BenchPlan plan, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // A node that is not there refuses at once: asking it again at once would only heat the room.
    private static readonly TimeSpan PauseWithoutAnswer = TimeSpan.FromMilliseconds(100);

    private readonly BenchSchedule _schedule = new(plan.Rate, plan.Duration);
    private long _start;
    private long _answered;

    /// <summary>Requests that were due and were not sent: all connections waited for answers.</summary>
    internal long Unsent => _schedule.Unsent;

    /// <summary>Requests that have ended. Any thread.</summary>
    internal long Answered => Interlocked.Read(ref _answered);

    /// <summary>Time since the start.</summary>
    internal TimeSpan Elapsed => _start == 0 ? TimeSpan.Zero : time.GetElapsedTime(_start);

    /// <summary>How long it took, from the first request to the last answer.</summary>
    internal TimeSpan Took { get; private set; }

    [SuppressMessage("Reliability", "CA2025", Justification = "All connections are awaited before their client goes.")]
    internal async Task<BenchTally> RunAsync(CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler
        {
            MaxConnectionsPerServer = plan.Connections,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        };
        using var client = new HttpClient(handler) { Timeout = Patience };
        if (plan.Key.Length > 0)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", plan.Key);
        }
        _start = time.GetTimestamp();
        var connections = Enumerable.Range(0, plan.Connections).Select(index => ConnectionAsync(client, index, cancel)).ToList();
        var total = new BenchTally();
        foreach (var tally in await Task.WhenAll(connections))
        {
            total.Add(tally);
        }
        Took = Elapsed;
        return total;
    }

    private async Task<BenchTally> ConnectionAsync(HttpClient client, int index, CancellationToken cancel)
    {
        await Task.Yield();
        var tally = new BenchTally();
        var body = new BenchBody(plan.EventBytes, plan.BatchEvents);
        var number = index * 1_000_000_000L;
        while (!cancel.IsCancellationRequested && _schedule.Take(Elapsed) is { } due)
        {
            var since = await WaitAsync(due, cancel);
            var pause = await SendAsync(client, body.Numbered(number), since, tally, cancel);
            number += plan.BatchEvents;
            Interlocked.Increment(ref _answered);
            var left = plan.Duration - Elapsed;
            await DelayAsync(pause < left ? pause : left, cancel);
        }
        return tally;
    }

    /// <summary>Waits until a request is due. Returns since when its time counts: from then when the connection was late, and not before it
    /// was woken when it was early, for a timer's delay is not the server's.</summary>
    private async Task<TimeSpan> WaitAsync(TimeSpan due, CancellationToken cancel)
    {
        var early = due - Elapsed;
        if (early <= TimeSpan.Zero)
        {
            return due;
        }
        await DelayAsync(early, cancel);
        return Elapsed;
    }

    private async Task<TimeSpan> SendAsync(HttpClient client, byte[] body, TimeSpan since, BenchTally tally, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, plan.Target) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(plan.BatchEvents == 1 ? "application/json" : "application/x-ndjson");
        try
        {
            using var response = await client.SendAsync(request, cancel);
            if (response.StatusCode == HttpStatusCode.Accepted)
            {
                tally.Accept(plan.BatchEvents, Elapsed - since);
                return TimeSpan.Zero;
            }
            tally.Refuse($"{(int)response.StatusCode} {Code(await response.Content.ReadAsByteArrayAsync(cancel))}".TrimEnd());
            return plan.Polite && response.Headers.RetryAfter?.Delta is { } pause ? pause : TimeSpan.Zero;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            tally.Fail(e.Message);
            return PauseWithoutAnswer;
        }
        catch (OperationCanceledException)
        {
            return TimeSpan.Zero;
        }
    }

    private async Task DelayAsync(TimeSpan pause, CancellationToken cancel)
    {
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string Code(byte[] problem)
    {
        try
        {
            using var document = JsonDocument.Parse(problem);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("code", out var code)
                ? code.GetString() ?? ""
                : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
