using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http.Formats;

/// <summary>Formats <c>Hec</c> and <c>HecAsStored</c> against a real server.</summary>
public sealed class HecFormatTests : IDisposable
{
    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Fact]
    public async Task Each_payload_has_an_envelope_with_time_source_and_identity()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => Hec(200, 0, "Success");
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Hec"), ("HecIndex", "i_{stream}"));
        using var batch = TestEvents.Batch(
            7,
            TestEvents.Body("{\"a\":\n1.50}", key: "k\"", stream: "orders"),
            TestEvents.Body("a \"line\"", stream: "s", format: EventFormat.Opaque, attributes: TestEvents.Attributes(
                ("host", "web1"), ("source", "/var/log"), ("sourcetype", "syslog"), ("traceparent", "00-1"))));

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        var request = Assert.Single(server.Requests);
        Assert.Equal("application/json", request.Headers["Content-Type"]);
        Assert.Equal(
            "{\"time\":1795219200.123,\"index\":\"i_orders\",\"source\":\"orders\",\"sourcetype\":\"_json\",\"event\":{\"a\":\n1.50},"
            + "\"fields\":{\"ingest_id\":\"00112233445566778899aabbccddeeff-7\",\"ingest_seq\":7,\"ingest_key\":\"k\\\"\"}}\n"
            + "{\"time\":1795219200.123,\"index\":\"i_s\",\"host\":\"web1\",\"source\":\"/var/log\",\"sourcetype\":\"syslog\","
            + "\"event\":\"a \\\"line\\\"\","
            + "\"fields\":{\"ingest_id\":\"00112233445566778899aabbccddeeff-8\",\"ingest_seq\":8,\"traceparent\":\"00-1\"}}\n",
            request.Text);
    }

    [Fact]
    public async Task Envelopes_that_were_stored_go_as_they_came_and_what_is_none_is_a_dead_letter()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => Hec(200, 0, "Success");
        await using var sink = await _sinks.OpenAsync(server, ("Format", "HecAsStored"));
        using var batch = TestEvents.Batch(
            1, TestEvents.Body("{\"event\":1,\"time\":2}"), TestEvents.Body("[1]"), TestEvents.Body(" {\"event\":\"x\"}"));
        var result = await sink.SendAsync(batch, Cancel);
        Assert.Equal("{\"event\":1,\"time\":2}\n {\"event\":\"x\"}\n", Assert.Single(server.Requests).Text);
        Assert.Equal(
            [VerdictKind.Delivered, VerdictKind.Rejected, VerdictKind.Delivered], Enumerable.Range(0, 3).Select(i => result[i].Kind));
    }

    [Theory]
    [InlineData(200, 0, VerdictKind.Delivered, VerdictScope.Unknown)]
    [InlineData(200, 9, VerdictKind.Congested, VerdictScope.Unknown)]
    [InlineData(200, 4711, VerdictKind.Retryable, VerdictScope.Unknown)]
    [InlineData(503, 9, VerdictKind.Congested, VerdictScope.Unknown)]
    [InlineData(503, 18, VerdictKind.Congested, VerdictScope.Unknown)]
    [InlineData(503, 23, VerdictKind.Retryable, VerdictScope.Unknown)]
    [InlineData(429, 26, VerdictKind.Congested, VerdictScope.Unknown)]
    [InlineData(500, 8, VerdictKind.Retryable, VerdictScope.Unknown)]
    [InlineData(403, 1, VerdictKind.Blocked, VerdictScope.Sink)]
    [InlineData(401, 2, VerdictKind.Blocked, VerdictScope.Sink)]
    [InlineData(403, 4, VerdictKind.Blocked, VerdictScope.Sink)]
    [InlineData(400, 7, VerdictKind.Blocked, VerdictScope.Unknown)]
    [InlineData(400, 10, VerdictKind.Blocked, VerdictScope.Unknown)]
    [InlineData(400, 6, VerdictKind.Rejected, VerdictScope.Unknown)]
    [InlineData(400, 12, VerdictKind.Rejected, VerdictScope.Unknown)]
    [InlineData(400, 15, VerdictKind.Rejected, VerdictScope.Unknown)]
    [InlineData(400, 4711, VerdictKind.Rejected, VerdictScope.Unknown)]
    [InlineData(503, 4711, VerdictKind.Retryable, VerdictScope.Unknown)]
    public async Task The_code_of_an_answer_is_its_verdict(int status, int code, VerdictKind kind, VerdictScope scope)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => Hec(status, code, "said");
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Hec"));
        using var batch = TestEvents.Numbered(1, 1);
        var verdict = (await sink.SendAsync(batch, Cancel))[0];
        Assert.Equal((kind, scope), (verdict.Kind, verdict.Scope));
        Assert.Equal(kind != VerdictKind.Delivered, verdict.Reason.Contains("said", StringComparison.Ordinal)
            || (code == 4711 && verdict.Reason == $"HTTP {status}"));
    }

    [Theory]
    [InlineData("OK")]
    [InlineData("")]
    [InlineData("{\"code\":")]
    [InlineData("{\"code\":\"0\"}")]
    public async Task An_answer_without_a_code_is_judged_by_its_status(string body)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(200, body) { ContentType = "application/json" };
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Hec"));
        using var batch = TestEvents.Numbered(1, 2);
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
    }

    [Fact]
    public async Task The_guilty_event_of_a_refused_request_is_found_and_an_index_the_producer_chose_is_its_own_fault()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => request.Text.Contains("\"bad\"", StringComparison.Ordinal)
            ? Hec(400, 7, "Incorrect index")
            : Hec(200, 0, "Success");
        await using var sink = await _sinks.OpenAsync(server, ("Format", "HecAsStored"));
        using var batch = TestEvents.Batch(1, [.. Enumerable.Range(1, 8).Select(
            n => TestEvents.Body($"{{\"event\":{n},\"index\":\"{(n == 5 ? "bad" : "main")}\"}}"))]);
        var result = await sink.SendAsync(batch, Cancel);
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(
            i == 4 ? VerdictKind.Rejected : VerdictKind.Delivered, result[i].Kind));
        Assert.Equal("HTTP 400, code 7: Incorrect index", result[4].Reason);
    }

    [Fact]
    public async Task An_event_without_a_payload_is_a_dead_letter()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Hec"));
        using var batch = TestEvents.Batch(1, TestEvents.Body("", format: EventFormat.Opaque));
        HttpSinkFixture.AllAre(VerdictKind.Rejected, await sink.SendAsync(batch, Cancel));
        Assert.Empty(server.Requests);
    }

    private static DownstreamAnswer Hec(int status, int code, string text) =>
        new(status, $"{{\"text\":\"{text}\",\"code\":{code}}}") { ContentType = "application/json" };
}
