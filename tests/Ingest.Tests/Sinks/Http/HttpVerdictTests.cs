using System.Globalization;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http;

/// <summary>What the sink makes of the answers of a real server that misbehaves.</summary>
public sealed class HttpVerdictTests : IDisposable
{
    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Fact]
    public async Task A_poisoned_batch_is_bisected_and_says_why()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => request.Sequences.Contains(617)
            ? new DownstreamAnswer(422, "{\"title\":\"Invalid\",\"detail\":\"total must be\\na number\"}")
            : new DownstreamAnswer(202);
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 1000);

        var result = await sink.SendAsync(batch, Cancel);

        Assert.Equal(new SinkVerdict(VerdictKind.Rejected, "HTTP 422: total must be a number"), result[616]);
        Assert.Equal(999, Enumerable.Range(0, 1000).Count(i => result[i].Kind == VerdictKind.Delivered));
        Assert.Equal(Enumerable.Range(1, 1000).Select(n => (long)n).Where(n => n != 617), server.Taken);
        Assert.InRange(server.Requests.Count, 11, 21);
    }

    [Theory]
    [InlineData(401, VerdictKind.Blocked, "HTTP 401: no")]
    [InlineData(404, VerdictKind.Blocked, "HTTP 404: no")]
    [InlineData(413, VerdictKind.Rejected, "HTTP 413: no")]
    [InlineData(429, VerdictKind.Congested, "HTTP 429: no")]
    [InlineData(500, VerdictKind.Retryable, "HTTP 500: no")]
    [InlineData(503, VerdictKind.Retryable, "HTTP 503: no")]
    public async Task A_status_is_a_verdict(int status, VerdictKind kind, string reason)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(status, "no") { ContentType = "text/plain" };
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 2);
        var result = await sink.SendAsync(batch, Cancel);
        HttpSinkFixture.AllAre(kind, result);
        Assert.Equal(reason, result[0].Reason);
        Assert.Equal(kind == VerdictKind.Rejected ? 3 : 1, server.Requests.Count);
    }

    [Fact]
    public async Task Retry_after_is_seconds_or_a_date_and_makes_it_congestion()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server);
        var inAMinute = TimeProvider.System.GetUtcNow().AddSeconds(60).ToString("R", CultureInfo.InvariantCulture);
        (string, double, double)[] cases =
            [("7", 7, 7), (inAMinute, 20, 60), ("Sun, 06 Nov 1994 08:49:37 GMT", 0, 0), ("soon", 0, 0)];
        foreach (var (value, from, to) in cases)
        {
            server.Answer = _ => new DownstreamAnswer(503) { Headers = new Dictionary<string, string> { ["Retry-After"] = value } };
            using var batch = TestEvents.Numbered(1, 1);
            var verdict = (await sink.SendAsync(batch, Cancel))[0];
            Assert.Equal(to > 0 ? VerdictKind.Congested : VerdictKind.Retryable, verdict.Kind);
            Assert.InRange(verdict.RetryAfter?.TotalSeconds ?? 0, from, to);
        }
    }

    [Fact]
    public async Task Redirects_are_not_followed_and_not_blamed_on_events()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(307) { Headers = new Dictionary<string, string> { ["Location"] = "/elsewhere?token=x" } };
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 1);
        var verdict = (await sink.SendAsync(batch, Cancel))[0];
        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains("/elsewhere", verdict.Reason, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(DownstreamFault.Reset)]
    [InlineData(DownstreamFault.Hang)]
    public async Task No_answer_is_retryable(DownstreamFault fault)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(204) { Fault = fault };
        await using var sink = await _sinks.OpenAsync(server, ("RequestTimeout", "00:00:00.300"));
        using var batch = TestEvents.Numbered(1, 3);
        HttpSinkFixture.AllAre(VerdictKind.Retryable, await sink.SendAsync(batch, Cancel));
        server.Answer = null;
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
    }

    [Fact]
    public async Task Nobody_there_is_retryable()
    {
        await using var sink = await _sinks.OpenAsync(null, ("Url", $"http://127.0.0.1:{FreePort.Next()}/"));
        using var batch = TestEvents.Numbered(1, 1);
        HttpSinkFixture.AllAre(VerdictKind.Retryable, await sink.SendAsync(batch, Cancel));
    }

    [Fact]
    public async Task What_was_decided_before_the_attempt_ended_stays_decided()
    {
        await using var server = await HttpDownstream.StartAsync();
        using var attempt = new CancellationTokenSource();
        server.Answer = request =>
        {
            if (request.Sequences[0] > 50)
            {
                attempt.Cancel();
                return new DownstreamAnswer(204) { Fault = DownstreamFault.Hang };
            }
            return new DownstreamAnswer(request.Sequences.Contains(50) ? 400 : 204);
        };
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 100);

        var result = await sink.SendAsync(batch, attempt.Token);

        Assert.All(Enumerable.Range(0, 49), i => Assert.Equal(VerdictKind.Delivered, result[i].Kind));
        Assert.Equal(VerdictKind.Rejected, result[49].Kind);
        Assert.All(Enumerable.Range(50, 50), i => Assert.Equal(VerdictKind.Retryable, result[i].Kind));
    }

    [Fact]
    public async Task Too_large_and_then_unavailable_keeps_what_was_taken_and_blames_no_event()
    {
        await using var server = await HttpDownstream.StartAsync();
        var isUp = false;
        server.Answer = request => new DownstreamAnswer(
            request.Sequences.Count > 4 ? 413 : request.Sequences[0] > 8 && !Volatile.Read(ref isUp) ? 503 : 204);
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 16);

        var result = await sink.SendAsync(batch, Cancel);

        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(VerdictKind.Delivered, result[i].Kind));
        Assert.All(Enumerable.Range(8, 8), i => Assert.Equal(VerdictKind.Retryable, result[i].Kind));
        Volatile.Write(ref isUp, true);
        using var left = batch.Select(Enumerable.Range(8, 8));
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(left, Cancel));
        Assert.Equal(Enumerable.Range(1, 16).Select(n => (long)n), server.Taken);
    }

    // Each attempt has time for one answer.
    [Fact]
    public async Task A_slow_receiver_gets_to_the_guilty_event_attempt_by_attempt()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 16);
        var left = batch;
        var rejected = new List<long>();
        for (var tries = 0; tries < 40 && left.Count > 0; tries++)
        {
            using var attempt = new CancellationTokenSource();
            var asked = 0;
            server.Answer = request =>
            {
                if (asked++ > 0)
                {
                    attempt.Cancel();
                    return new DownstreamAnswer(204) { Fault = DownstreamFault.Hang };
                }
                return new DownstreamAnswer(request.Sequences.Contains(7) ? 400 : 204);
            };
            var result = await sink.SendAsync(left, attempt.Token);
            var sent = left;
            rejected.AddRange(Enumerable.Range(0, sent.Count).Where(i => result[i].Kind == VerdictKind.Rejected).Select(sent.SequenceAt));
            left = sent.Select(Enumerable.Range(0, sent.Count).Where(i => result[i].Kind == VerdictKind.Retryable));
            sent.Dispose();
        }
        left.Dispose();
        Assert.Equal([7L], rejected);
        Assert.Equal(Enumerable.Range(1, 16).Select(n => (long)n).Where(n => n != 7), server.Taken);
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read_to_its_end()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(400, new string('x', 64 * 1024)) { ContentType = "text/plain", Repeats = 100_000 };
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 1);
        var verdict = (await sink.SendAsync(batch, Cancel))[0];
        Assert.Equal(VerdictKind.Rejected, verdict.Kind);
        Assert.InRange(verdict.Reason.Length, 300, 320);
    }

    [Theory]
    [InlineData("{\"error\":{\"deep\":1}}", "application/json", "HTTP 400")]
    [InlineData("{\"message\":\"m\",\"title\":\"t\"}", "application/json; charset=utf-8", "HTTP 400: t")]
    [InlineData("\"text\"", "application/json", "HTTP 400: text")]
    [InlineData("{\"error\"", "application/json", "HTTP 400")]
    [InlineData("<html>no</html>", "text/html", "HTTP 400")]
    [InlineData("", "text/plain", "HTTP 400")]
    public async Task A_reason_is_a_sentence_or_nothing(string body, string type, string reason)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(400, body) { ContentType = type };
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 1);
        Assert.Equal(reason, (await sink.SendAsync(batch, Cancel))[0].Reason);
    }
}
