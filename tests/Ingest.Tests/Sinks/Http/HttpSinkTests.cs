using System.Text.Json;
using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http;

/// <summary>What the sink sends, against a real server.</summary>
public sealed class HttpSinkTests : IDisposable
{
    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Fact]
    public async Task A_batch_is_one_request_with_a_line_an_event()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Batch(
            41,
            TestEvents.Body("{\"a\":\n1}", key: "k", id: "id-1"),
            TestEvents.Body("plain", contentType: "text/plain", format: EventFormat.Opaque));

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        var request = Assert.Single(server.Requests);
        Assert.Equal(("POST", "/in", "application/x-ndjson"), (request.Method, request.Path, request.Headers["Content-Type"]));
        Assert.Equal(("41-42", "2"), (request.Headers["Ingest-Sequence"], request.Headers["Ingest-Events"]));
        var lines = request.Text.Split('\n');
        Assert.StartsWith("{\"seq\":41,\"id\":\"id-1\",\"key\":\"k\",\"time\":\"", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("\"data\":{\"a\": 1}}", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("\"type\":\"text/plain\",\"data_base64\":\"cGxhaW4=\"}", lines[1], StringComparison.Ordinal);
        Assert.Equal(("", 3), (lines[2], lines.Length));
    }

    [Fact]
    public async Task CloudEvents_are_envelopes_of_whatever_came()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server, ("Format", "CloudEventsBatch"));
        const string envelope = "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/s\",\"type\":\"t\",\"data\":{\"x\":1.50}}";
        using var batch = TestEvents.Batch(
            7,
            TestEvents.Body(envelope, format: EventFormat.CloudEvent),
            TestEvents.Body("{\"n\":1}", contentType: "application/json", attributes: TestEvents.Attributes(
                ("ce_specversion", "1.0"), ("ce_id", "b2"), ("ce_source", "/é"), ("ce_type", "t"), ("traceparent", "00-1-2-01"))),
            TestEvents.Body("{\"n\":2}", key: "k", stream: "orders", contentType: "application/json"),
            TestEvents.Body("raw", format: EventFormat.Opaque));

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        var request = Assert.Single(server.Requests);
        Assert.Equal("application/cloudevents-batch+json", request.Headers["Content-Type"]);
        Assert.StartsWith("[" + envelope + ",{", request.Text, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(request.Body);
        var events = document.RootElement.EnumerateArray().ToList();
        Assert.Equal(("b2", "/é", "00-1-2-01", "8"), (Text(events[1], "id"), Text(events[1], "source"),
            Text(events[1], "traceparent"), Text(events[1], "ingestsequence")));
        Assert.Equal(("00112233445566778899aabbccddeeff-9", "urn:ingest:00112233445566778899aabbccddeeff:orders", "ingest.event", "k"),
            (Text(events[2], "id"), Text(events[2], "source"), Text(events[2], "type"), Text(events[2], "partitionkey")));
        Assert.Equal("{\"n\":2}", events[2].GetProperty("data").GetRawText());
        Assert.Equal("cmF3", Text(events[3], "data_base64"));
    }

    [Fact]
    public async Task Each_stream_goes_to_its_own_place()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => new DownstreamAnswer(request.Path == "/in/s1" ? 400 : 204);
        await using var sink = await _sinks.OpenAsync(server, ("Url", new Uri(server.Url, "/in/") + "{stream}"));
        using var batch = TestEvents.Numbered(1, 9, streams: 3);

        var result = await sink.SendAsync(batch, Cancel);

        Assert.Equal([2L, 3, 5, 6, 8, 9], server.Taken.Order());
        Assert.All(Enumerable.Range(0, 9), i => Assert.Equal(
            (i + 1) % 3 == 1 ? VerdictKind.Rejected : VerdictKind.Delivered, result[i].Kind));
    }

    [Fact]
    public async Task The_idempotency_key_is_of_the_events_and_of_nothing_else()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 5);
        using var same = TestEvents.Numbered(1, 5);
        using var without2 = batch.Select([0, 2, 3, 4]);
        using var without3 = batch.Select([0, 1, 3, 4]);
        foreach (var each in new[] { batch, same, without2, without3 })
        {
            await sink.SendAsync(each, Cancel);
        }
        var keys = server.Requests.Select(request => request.Headers["Idempotency-Key"]).ToList();
        Assert.Equal(keys[0], keys[1]);
        Assert.Equal(3, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^\"00112233445566778899aabbccddeeff-1-5-[0-9a-f]{8}\"$", key));
    }

    [Fact]
    public async Task A_trace_goes_on_when_all_events_belong_to_it()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server);
        var one = TestEvents.Attributes(("traceparent", "00-1-2-01"), ("tracestate", "a=b"));
        var other = TestEvents.Attributes(("traceparent", "00-3-4-01"));
        using var same = TestEvents.Batch(1, TestEvents.Body("1", attributes: one), TestEvents.Body("2", attributes: one));
        using var mixed = TestEvents.Batch(3, TestEvents.Body("1", attributes: one), TestEvents.Body("2", attributes: other));
        await sink.SendAsync(same, Cancel);
        await sink.SendAsync(mixed, Cancel);
        Assert.Equal(("00-1-2-01", "a=b"), (server.Requests[0].Headers["traceparent"], server.Requests[0].Headers["tracestate"]));
        Assert.DoesNotContain("traceparent", server.Requests[1].Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("Url", "")]
    [InlineData("Url", "example.com/in")]
    [InlineData("Url", "ftp://example.com/in")]
    [InlineData("Url", "http://{stream}.example.com/")]
    [InlineData("Url", "http://user:secret@example.com/")]
    [InlineData("Url", "http://example.com/{topic}")]
    [InlineData("Statuses:4711", "Rejected")]
    [InlineData("Statuses:404", "Maybe")]
    [InlineData("BatchEventsMax", "0")]
    [InlineData("CertificateKeyPath", "/key.pem")]
    public void Wrong_settings_are_refused_with_their_place(string key, string value)
    {
        var wrong = Assert.Throws<InvalidOperationException>(
            () => _sinks.Create(null, ("Url", "http://example.com/{stream}"), (key, value)));
        Assert.Contains("Sinks:Http", wrong.Message, StringComparison.Ordinal);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
