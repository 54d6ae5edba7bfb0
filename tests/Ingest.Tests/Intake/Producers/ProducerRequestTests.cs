using System.Net;
using System.Text;
using Ingest.Queue;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Producers;

/// <summary>What a producer that numbers its events is answered over HTTP.</summary>
public sealed class ProducerRequestTests
{
    private const string Json = "application/json";
    private const string CloudEvent = "application/cloudevents+json";

    [Fact]
    public async Task Numbers_count_events_and_a_repeat_gets_the_first_answer()
    {
        await using var server = await IntakeServer.StartAsync();
        var first = await AcceptedAsync(server, "[1,2,3]", "p;1;0", Json);
        Assert.Equal("""{"accepted":3,"first":1,"last":3}""", first);
        Assert.Equal("""{"accepted":2,"first":4,"last":5}""", await AcceptedAsync(server, "1\n2\n", "p;1;3", "application/x-ndjson"));
        Assert.Equal(first, await AcceptedAsync(server, "[1,2,3]", "p;1;0", Json, replayed: true));
        Assert.Equal(5, server.Queue.Events.Count);
    }

    [Fact]
    public async Task A_gap_is_refused_with_the_number_that_is_expected_in_body_and_header()
    {
        await using var server = await IntakeServer.StartAsync();
        await AcceptedAsync(server, "[1,2]", "p;4;0", Json);
        var answer = await PostAsync(server, "3", "p;4;7");
        var problem = await IntakeServer.ProblemAsync(answer, HttpStatusCode.Conflict, "sequence_gap");
        Assert.Equal((4, 2), (problem.GetProperty("epoch").GetInt64(), problem.GetProperty("expected").GetInt64()));
        Assert.Equal("4;2", answer.Headers.GetValues("Ingest-Expected").Single());
        await AcceptedAsync(server, "3", "p;4;2", Json);
    }

    [Fact]
    public async Task Two_producers_with_one_id_are_told_apart()
    {
        await using var server = await IntakeServer.StartAsync();
        await AcceptedAsync(server, "\"mine\"", "p;1;0", Json);
        await RefusedAsync(server, "\"yours\"", "p;1;0", HttpStatusCode.Conflict, "sequence_conflict");
        await AcceptedAsync(server, "\"yours\"", "p;2;0", Json);
        await RefusedAsync(server, "\"mine\"", "p;1;1", HttpStatusCode.Conflict, "producer_fenced");
        await RefusedAsync(server, "\"mine\"", "q;1;1", HttpStatusCode.Conflict, "unknown_producer");
        Assert.Equal(2, server.Queue.Events.Count);
    }

    [Fact]
    public async Task Each_stream_has_numbers_of_its_own()
    {
        await using var server = await IntakeServer.StartAsync();
        await AcceptedAsync(server, "1", "p;1;0", Json);
        var other = await server.PostAsync("/v1/streams/other/events", Json, "1"u8.ToArray(), ("Ingest-Producer", "p;1;0"));
        Assert.Equal(HttpStatusCode.Accepted, other.StatusCode);
        Assert.False(other.Headers.Contains("Idempotent-Replayed"));
    }

    [Theory]
    [InlineData("p;1")]
    [InlineData(";1;0")]
    [InlineData("p;-1;0")]
    [InlineData("p;1;9007199254740992")]
    [InlineData("p q;1;0")]
    [InlineData("p;q;1;0")]
    [InlineData("p;1;+0")]
    [InlineData("p;1;0, p;1;0")]
    public async Task What_is_no_number_is_refused_with_the_form(string header)
    {
        await using var server = await IntakeServer.StartAsync();
        var problem = await IntakeServer.ProblemAsync(await PostAsync(server, "1", header), HttpStatusCode.BadRequest, "bad_request");
        Assert.Contains("ID;EPOCH;NUMBER", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task With_an_idempotency_key_or_where_none_are_known_it_is_refused()
    {
        await using var server = await IntakeServer.StartAsync();
        var both = await server.PostAsync("/v1/events", Json, "1"u8.ToArray(), ("Ingest-Producer", "p;1;0"), ("Idempotency-Key", "k"));
        await IntakeServer.ProblemAsync(both, HttpStatusCode.BadRequest, "bad_request");
        await using var off = await IntakeServer.StartAsync(options => options.ProducersMax = 0);
        await RefusedAsync(off, "1", "p;1;0", HttpStatusCode.BadRequest, "bad_request");
    }

    [Fact]
    public async Task A_batch_with_a_bad_event_takes_no_number()
    {
        await using var server = await IntakeServer.StartAsync();
        await RefusedAsync(server, "[1,]", "p;1;0", HttpStatusCode.BadRequest, "malformed_json");
        Assert.Equal("""{"accepted":1,"first":1,"last":1}""", await AcceptedAsync(server, "[1]", "p;1;0", Json));
    }

    [Fact]
    public async Task What_was_not_stored_leaves_its_numbers_free()
    {
        await using var server = await IntakeServer.StartAsync();
        server.Queue.Refusal = CommitStatus.Overloaded;
        await RefusedAsync(server, "1", "p;1;0", HttpStatusCode.ServiceUnavailable, "overloaded");
        server.Queue.Refusal = null;
        await AcceptedAsync(server, "1", "p;1;0", Json);
    }

    [Fact]
    public async Task The_next_request_waits_for_the_one_under_way_and_a_repeat_for_its_answer()
    {
        await using var server = await IntakeServer.StartAsync();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Queue.Ready = ready.Task;
        var first = PostAsync(server, "1", "p;1;0");
        await Poll.Until("the first is under way", () => server.Endpoint.Sequences.Count == 1);
        var second = PostAsync(server, "2", "p;1;1");
        await Poll.Until("the second is, too", () => server.Endpoint.InFlight == 2);
        var repeat = PostAsync(server, "1", "p;1;0");
        await Poll.Until("so is the repeat", () => server.Endpoint.InFlight == 3);
        ready.SetResult();
        foreach (var answer in await Task.WhenAll(first, second, repeat))
        {
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }
        Assert.Equal(["1", "2"], server.Queue.Events.Select(stored => Encoding.UTF8.GetString(stored.Payload.Span)));
        Assert.True((await repeat).Headers.Contains("Idempotent-Replayed"));
    }

    [Fact]
    public async Task A_CloudEvent_says_the_same_by_an_attribute()
    {
        await using var server = await IntakeServer.StartAsync();
        await AcceptedAsync(server, Envelope("p;1;0", "a"), null, CloudEvent);
        await AcceptedAsync(server, Envelope("p;1;0", "a").Replace("}", " }", StringComparison.Ordinal), null, CloudEvent, replayed: true);
        await RefusedAsync(server, Envelope("p;1;0", "b"), null, HttpStatusCode.Conflict, "sequence_conflict", CloudEvent);
        await RefusedAsync(server, Envelope("p;1;2", "c"), null, HttpStatusCode.Conflict, "sequence_gap", CloudEvent);
        await RefusedAsync(server, Envelope("p", "c"), null, HttpStatusCode.BadRequest, "invalid_cloudevent", CloudEvent);
        var binary = await server.PostAsync(
            "/v1/events", Json, "1"u8.ToArray(),
            ("ce-id", "b"), ("ce-source", "/s"), ("ce-type", "t"), ("ce-specversion", "1.0"), ("ce-ingestproducer", "p;1;1"));
        Assert.Equal(HttpStatusCode.Accepted, binary.StatusCode);
        await RefusedAsync(server, Envelope("p;1;3", "c"), null, HttpStatusCode.Conflict, "sequence_gap", CloudEvent);
        Assert.Equal(2, server.Queue.Events.Count);
    }

    [Fact]
    public async Task A_batch_of_CloudEvents_goes_on_from_event_to_event_or_is_refused()
    {
        const string Batch = "application/cloudevents-batch+json";
        await using var server = await IntakeServer.StartAsync();
        var whole = $"[{Envelope("p;1;0", "a")},{Envelope("p;1;1", "b")}]";
        var first = await AcceptedAsync(server, whole, null, Batch);
        Assert.Equal(first, await AcceptedAsync(server, whole, null, Batch, replayed: true));
        var torn = $"[{Envelope("p;1;2", "c")},{Envelope("p;1;4", "d")}]";
        await RefusedAsync(server, torn, null, HttpStatusCode.BadRequest, "invalid_cloudevent", Batch);
        Assert.Equal(2, server.Queue.Events.Count);
    }

    private static string Envelope(string producer, string id) =>
        $$"""{"specversion":"1.0","id":"{{id}}","source":"/s","type":"t","ingestproducer":"{{producer}}"}""";

    private static Task<HttpResponseMessage> PostAsync(IntakeServer server, string body, string? producer, string type = Json) =>
        server.PostAsync(
            "/v1/events", type, Encoding.UTF8.GetBytes(body), producer is null ? [] : [("Ingest-Producer", producer)]);

    private static async Task RefusedAsync(
        IntakeServer server, string body, string? producer, HttpStatusCode status, string code, string type = Json) =>
        await IntakeServer.ProblemAsync(await PostAsync(server, body, producer, type), status, code);

    private static async Task<string> AcceptedAsync(
        IntakeServer server, string body, string? producer, string type, bool replayed = false)
    {
        var answer = await PostAsync(server, body, producer, type);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{answer.StatusCode} {text}");
        Assert.Equal(replayed, answer.Headers.Contains("Idempotent-Replayed"));
        return text;
    }
}
