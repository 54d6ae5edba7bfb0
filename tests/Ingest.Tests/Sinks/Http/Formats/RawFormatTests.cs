using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http.Formats;

/// <summary>Format <c>Raw</c> against a real server.</summary>
public sealed class RawFormatTests : IDisposable
{
    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Fact]
    public async Task A_payload_goes_alone_byte_for_byte_with_its_type_its_key_and_the_headers_that_were_kept()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Raw"), ("Headers:X-Tenant", "ours"));
        byte[] payload = [0, 0xFF, (byte)'\n', 7];
        using var batch = new EventBatch();
        batch.Add(5, TestEvents.Body(
            payload, "k\u00e9y"u8.ToArray(), "hooks", [], "image/png; x=\"y\"", EventFormat.Opaque,
            TestEvents.Attributes(
                ("x-github-event", "push"), ("x-name", "Zo\u00eb"), ("traceparent", "00-1-2-01"), ("content-language", "de"),
                ("x-tenant", "theirs"), ("host", "evil"), ("content-length", "1"), ("idempotency-key", "x"), ("authorization", "x"),
                ("x-broken", "a\r\nx-injected: 1"), ("x-long", new string('x', 5000))),
            TestEvents.AcceptedUnixMs));

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        var request = Assert.Single(server.Requests);
        Assert.Equal(payload, request.Body);
        var headers = request.Headers;
        Assert.Equal(("image/png; x=\"y\"", "k\u00e9y", "push", "Zo\u00eb", "de"), (headers["Content-Type"], headers["Ingest-Key"],
            headers["x-github-event"], headers["x-name"], headers["content-language"]));
        Assert.Equal(("ours", "4", "00-1-2-01"), (headers["X-Tenant"], headers["Content-Length"], headers["traceparent"]));
        Assert.Equal(server.Url.Authority, headers["Host"]);
        Assert.StartsWith("\"00112233445566778899aabbccddeeff-5-5-", headers["Idempotency-Key"], StringComparison.Ordinal);
        string[] none = ["authorization", "x-broken", "x-injected", "x-long"];
        Assert.DoesNotContain(headers.Keys, name => none.Contains(name, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task CloudEvents_go_in_the_mode_they_came_in()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Raw"));
        using var binary = TestEvents.Batch(1, TestEvents.Body("{}", key: "k 1", contentType: "application/json", attributes:
            TestEvents.Attributes(("ce_specversion", "1.0"), ("ce_id", "50% \"\u00e9\""), ("ce_partitionkey", "other"))));
        using var structured = TestEvents.Batch(2, TestEvents.Body(
            "{\"specversion\":\"1.0\"}", format: EventFormat.CloudEvent, contentType: "application/cloudevents+json"));
        await sink.SendAsync(binary, Cancel);
        await sink.SendAsync(structured, Cancel);

        var (first, second) = (server.Requests[0].Headers, server.Requests[1]);
        Assert.Equal(("1.0", "50%25%20%22%C3%A9%22", "k%201", "k 1", "application/json"), (first["ce-specversion"], first["ce-id"],
            first["ce-partitionkey"], first["Ingest-Key"], first["Content-Type"]));
        Assert.Equal(("application/cloudevents+json", "{\"specversion\":\"1.0\"}"), (second.Headers["Content-Type"], second.Text));
        Assert.DoesNotContain("Ingest-Key", second.Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(EventFormat.Json, "application/json")]
    [InlineData(EventFormat.CloudEvent, "application/cloudevents+json")]
    [InlineData(EventFormat.Opaque, "application/octet-stream")]
    public async Task What_came_without_a_type_has_the_one_of_its_kind(EventFormat format, string type)
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Raw"));
        using var batch = TestEvents.Batch(1, TestEvents.Body("{}", format: format));
        await sink.SendAsync(batch, Cancel);
        Assert.Equal(type, Assert.Single(server.Requests).Headers["Content-Type"]);
    }

    [Fact]
    public async Task The_lane_gives_it_one_event_at_a_time_and_a_larger_batch_is_taken_all_the_same()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => new DownstreamAnswer(request.Text.Contains('3', StringComparison.Ordinal) ? 503 : 204);
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Raw"));
        Assert.Equal(1, sink.Traits.BatchEventsMax);
        using var batch = TestEvents.Numbered(1, 5);
        var result = await sink.SendAsync(batch, Cancel);
        Assert.Equal(
            [VerdictKind.Delivered, VerdictKind.Delivered, VerdictKind.Retryable, VerdictKind.Retryable, VerdictKind.Retryable],
            Enumerable.Range(0, 5).Select(i => result[i].Kind));
        Assert.Equal((VerdictScope.Unknown, VerdictScope.NotTried), (result[2].Scope, result[3].Scope));
        Assert.Equal(["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"], server.Requests.Select(request => request.Text));
    }
}
