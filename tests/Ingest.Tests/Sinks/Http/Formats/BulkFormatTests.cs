using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http.Formats;

/// <summary>Format <c>Bulk</c> against a real server that keeps documents as Elasticsearch does.</summary>
public sealed class BulkFormatTests : IDisposable
{
    private const string LogId = "00112233445566778899aabbccddeeff";

    private readonly HttpSinkFixture _sinks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _sinks.Dispose();

    [Fact]
    public async Task Each_event_is_created_under_an_id_of_its_own_in_the_index_of_its_stream()
    {
        await using var server = await HttpDownstream.StartAsync();
        var index = new BulkIndex(server);
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"));
        using var batch = TestEvents.Batch(
            3,
            TestEvents.Body("{\"a\":\r\n1.50}", stream: "orders", id: "p-1"),
            TestEvents.Body("{\"b\":2}", stream: "logs", attributes: TestEvents.Attributes(
                ("elastic-op", "index"), ("elastic-index", "logs-2026.11.29"))));

        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        var request = Assert.Single(server.Requests);
        Assert.Equal("application/x-ndjson", request.Headers["Content-Type"]);
        Assert.Equal("?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason", request.Query);
        Assert.Equal(
            $"{{\"create\":{{\"_index\":\"orders\",\"_id\":\"{LogId}-3\"}}}}\n{{\"a\":  1.50}}\n"
            + $"{{\"create\":{{\"_index\":\"logs-2026.11.29\",\"_id\":\"{LogId}-4\"}}}}\n{{\"b\":2}}\n",
            request.Text);
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
        Assert.Equal(2, index.Documents.Count);
    }

    [Theory]
    [InlineData("BulkIndex", "all", "{\"create\":{\"_index\":\"all\",\"_id\":\"" + LogId + "-1\"}}\n")]
    [InlineData("BulkIndex", "", "{\"create\":{\"_id\":\"" + LogId + "-1\"}}\n")]
    [InlineData("BulkIds", "Producer", "{\"create\":{\"_index\":\"default\",\"_id\":\"p\\\"1\"}}\n")]
    public async Task Index_and_ids_are_what_the_settings_say(string key, string value, string action)
    {
        await using var server = await HttpDownstream.StartAsync();
        _ = new BulkIndex(server);
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"), (key, value));
        using var batch = TestEvents.Batch(1, TestEvents.Body("{}", id: "p\"1"));
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
        Assert.Equal(action + "{}\n", Assert.Single(server.Requests).Text);
    }

    [Theory]
    [InlineData(201, "", VerdictKind.Delivered, VerdictScope.Unknown, "")]
    [InlineData(200, "", VerdictKind.Delivered, VerdictScope.Unknown, "")]
    [InlineData(409, "version_conflict_engine_exception", VerdictKind.Delivered, VerdictScope.Unknown, "")]
    [InlineData(400, "mapper_parsing_exception", VerdictKind.Rejected, VerdictScope.Event, "item 400: mapper_parsing_exception: why")]
    [InlineData(413, "too_large", VerdictKind.Rejected, VerdictScope.Event, "item 413: too_large: why")]
    [InlineData(429, "es_rejected_execution_exception", VerdictKind.Congested, VerdictScope.Unknown,
        "item 429: es_rejected_execution_exception: why")]
    [InlineData(503, "unavailable_shards_exception", VerdictKind.Retryable, VerdictScope.Event,
        "item 503: unavailable_shards_exception: why")]
    [InlineData(500, "", VerdictKind.Retryable, VerdictScope.Event, "item 500")]
    [InlineData(404, "index_not_found_exception", VerdictKind.Blocked, VerdictScope.Stream, "item 404: index_not_found_exception: why")]
    [InlineData(400, "invalid_index_name_exception", VerdictKind.Blocked, VerdictScope.Stream,
        "item 400: invalid_index_name_exception: why")]
    [InlineData(403, "security_exception", VerdictKind.Blocked, VerdictScope.Stream, "item 403: security_exception: why")]
    public async Task An_item_is_the_verdict_on_its_event_alone(
        int status, string type, VerdictKind kind, VerdictScope scope, string reason)
    {
        await using var server = await HttpDownstream.StartAsync();
        var index = new BulkIndex(server);
        index.Judge = (document, _) => document.Contains(":2}", StringComparison.Ordinal) ? (status, type) : (201, "");
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"));
        using var batch = TestEvents.Numbered(1, 3);
        var result = await sink.SendAsync(batch, Cancel);
        Assert.Equal((VerdictKind.Delivered, VerdictKind.Delivered), (result[0].Kind, result[2].Kind));
        Assert.Equal(new SinkVerdict(kind, reason, Scope: scope), result[1]);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Nothing_of_a_key_overtakes_an_event_that_is_put_off_and_other_keys_go_on()
    {
        await using var server = await HttpDownstream.StartAsync();
        var index = new BulkIndex(server);
        var isRefusing = true;
        index.Judge = (document, _) => isRefusing && document.Contains(":3}", StringComparison.Ordinal) ? (503, "unavailable") : (201, "");
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"));
        using var batch = TestEvents.Batch(1, [.. Enumerable.Range(1, 12).Select(
            n => TestEvents.Body($"{{\"n\":{n}}}", key: n % 3 == 0 ? "a" : n % 3 == 1 ? "b" : ""))]);

        var result = await sink.SendAsync(batch, Cancel);

        // Key a: 3, 6, 9, 12. Key b: 1, 4, 7, 10. Without a key: 2, 5, 8, 11.
        Assert.Equal([3, 6, 9, 12], Enumerable.Range(0, 12).Where(i => result[i].Kind != VerdictKind.Delivered).Select(i => i + 1));
        Assert.Equal((VerdictScope.Event, VerdictScope.NotTried), (result[2].Scope, result[5].Scope));
        Assert.Equal([1, 2, 5, 8, 11, 4, 7, 10], index.Documents);
        isRefusing = false;
        using var rest = batch.Select([2, 5, 8, 11]);
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(rest, Cancel));
        Assert.Equal([3, 6, 9, 12], index.Documents.Skip(8));
    }

    [Fact]
    public async Task Without_the_order_of_keys_a_batch_is_one_request()
    {
        await using var server = await HttpDownstream.StartAsync();
        _ = new BulkIndex(server);
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"), ("KeyOrder", "false"));
        using var batch = TestEvents.Batch(1, [.. Enumerable.Range(1, 12).Select(n => TestEvents.Body($"{{\"n\":{n}}}", key: "a"))]);
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Overload_of_an_item_ends_the_flight()
    {
        await using var server = await HttpDownstream.StartAsync();
        _ = new BulkIndex(server) { Judge = (_, _) => (429, "es_rejected_execution_exception") };
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"));
        using var batch = TestEvents.Batch(1, [.. Enumerable.Range(1, 6).Select(
            n => TestEvents.Body($"{{\"n\":{n}}}", key: n % 2 == 0 ? "a" : "b"))]);
        var result = await sink.SendAsync(batch, Cancel);
        Assert.Single(server.Requests);
        Assert.Equal(2, Enumerable.Range(0, 6).Count(i => result[i].Kind == VerdictKind.Congested));
        Assert.Equal(4, Enumerable.Range(0, 6).Count(i => result[i].Scope == VerdictScope.NotTried));
    }

    [Fact]
    public async Task What_is_no_document_is_a_dead_letter_and_is_not_sent()
    {
        await using var server = await HttpDownstream.StartAsync();
        _ = new BulkIndex(server);
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"));
        using var batch = TestEvents.Batch(
            1,
            TestEvents.Body("[1]"), TestEvents.Body("text", format: EventFormat.Opaque),
            TestEvents.Body("{}", attributes: TestEvents.Attributes(("elastic-op", "delete"))), TestEvents.Body("{\"n\":4}"));
        var result = await sink.SendAsync(batch, Cancel);
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 4).Where(i => result[i].Kind == VerdictKind.Rejected).Select(i => i + 1));
        Assert.Equal(VerdictKind.Delivered, result[3].Kind);
    }

    [Theory]
    [InlineData("{\"items\":[]}", VerdictKind.Blocked)]
    [InlineData("{\"took\":1}", VerdictKind.Blocked)]
    [InlineData("[]", VerdictKind.Blocked)]
    [InlineData("<html>", VerdictKind.Blocked)]
    [InlineData("", VerdictKind.Blocked)]
    [InlineData("{\"items\":[{},{}]}", VerdictKind.Blocked)]
    [InlineData("{\"items\":[1,2]}", VerdictKind.Blocked)]
    [InlineData("{\"items\":[{\"create\":{\"status\":\"x\"}},{\"create\":{}}]}", VerdictKind.Blocked)]
    public async Task What_answers_otherwise_is_no_bulk_and_blocks(string body, VerdictKind kind)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(200, body) { ContentType = "application/json" };
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"));
        using var batch = TestEvents.Numbered(1, 2);
        HttpSinkFixture.AllAre(kind, await sink.SendAsync(batch, Cancel));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_answer_without_an_end_says_nothing_and_the_repeat_is_no_second_document()
    {
        await using var server = await HttpDownstream.StartAsync();
        var index = new BulkIndex(server);
        var answer = server.Answer!;
        server.Answer = request => answer(request) with { Body = "{\"items\":[ ", Repeats = 1_000_000 };
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"));
        using var batch = TestEvents.Numbered(1, 2);
        var result = await sink.SendAsync(batch, Cancel);
        HttpSinkFixture.AllAre(VerdictKind.Retryable, result);
        server.Answer = answer;
        HttpSinkFixture.AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
        Assert.Equal([1, 2], index.Documents);
    }

    [Theory]
    [InlineData(429, VerdictKind.Congested)]
    [InlineData(503, VerdictKind.Retryable)]
    [InlineData(401, VerdictKind.Blocked)]
    [InlineData(404, VerdictKind.Blocked)]
    public async Task A_refusal_of_the_whole_request_is_judged_by_its_status(int status, VerdictKind kind)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(status, "{\"error\":{\"type\":\"x\"},\"status\":1}");
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"));
        using var batch = TestEvents.Numbered(1, 2);
        HttpSinkFixture.AllAre(kind, await sink.SendAsync(batch, Cancel));
    }

    [Fact]
    public async Task Reasons_are_left_out_where_answers_are_not_to_be_kept()
    {
        await using var server = await HttpDownstream.StartAsync();
        _ = new BulkIndex(server) { Judge = (_, _) => (400, "mapper_parsing_exception") };
        await using var sink = await _sinks.OpenAsync(server, ("Format", "Bulk"), ("AnswerBytesMax", "0"));
        using var batch = TestEvents.Numbered(1, 1);
        Assert.Equal("item 400: mapper_parsing_exception", (await sink.SendAsync(batch, Cancel))[0].Reason);
    }
}
