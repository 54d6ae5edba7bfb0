using System.Net;
using System.Text;
using Ingest.Intake.Idempotency;
using Ingest.Queue;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Idempotency;

/// <summary>A repeat is answered as the first was, and stores nothing.</summary>
public sealed class IdempotencyTests
{
    private const string Json = "application/json";
    private const string Lines = "application/x-ndjson";
    private const string Structured = "application/cloudevents+json";
    private const string Event = """{"specversion":"1.0","id":"A-1","source":"/shop","type":"t","data":1}""";

    private static readonly (string, string)[] Headers =
        [("ce-specversion", "1.0"), ("ce-id", "A-1"), ("ce-source", "/shop"), ("ce-type", "t")];

    [Theory]
    [InlineData(Json, "{\"a\":1}", 1)]
    [InlineData(Json, "[1,2,3]", 3)]
    [InlineData(Lines, "1\n2\n", 2)]
    [InlineData("text/plain", "x", 1)]
    [InlineData(Structured, Event, 1)]
    [InlineData("application/cloudevents-batch+json", "[" + Event + "," + Event + "]", 2)]
    public async Task A_repeat_with_the_same_key_gets_the_first_answer(string type, string body, int count)
    {
        await using var server = await IntakeServer.StartAsync();
        var answers = new List<string>();
        foreach (var key in new[] { "\"k-1\"", "k-1", " k-1 " })
        {
            var response = await PostAsync(server, type, body, key);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            Assert.Equal(answers.Count > 0, response.Headers.Contains("Idempotent-Replayed"));
            answers.Add(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
        Assert.Equal($$"""{"accepted":{{count}},"first":1,"last":{{count}}}""", Assert.Single(answers.Distinct()));
        Assert.Equal(count, server.Queue.Events.Count);
    }

    [Fact]
    public async Task The_same_key_with_another_body_type_or_stream_is_no_repeat()
    {
        await using var server = await IntakeServer.StartAsync();
        await PostAsync(server, Json, "1", "k");
        await IntakeServer.ProblemAsync(await PostAsync(server, Json, "2", "k"), HttpStatusCode.Conflict, "idempotency_conflict");
        await IntakeServer.ProblemAsync(await PostAsync(server, "text/plain", "1", "k"), HttpStatusCode.Conflict, "idempotency_conflict");
        Assert.Single(server.Queue.Events);
        var other = await server.PostAsync("/v1/streams/other/events", Json, "2"u8.ToArray(), ("Idempotency-Key", "k"));
        Assert.Equal(HttpStatusCode.Accepted, other.StatusCode);
        Assert.Equal(2, server.Queue.Events.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("tab\there")]
    [InlineData("long")]
    public async Task A_key_that_is_none_is_refused(string key)
    {
        await using var server = await IntakeServer.StartAsync();
        key = key == "long" ? new string('k', IdempotencyKey.LengthMax + 1) : key;
        var answer = await server.SendRawAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/events HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {key}\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1"));
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task Two_at_once_store_one()
    {
        await using var server = await IntakeServer.StartAsync();
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Queue.Ready = flushed.Task;
        var requests = Enumerable.Range(0, 8).Select(_ => PostAsync(server, Json, "1", "k")).ToList();
        await Poll.Until("all are let in", () => server.Endpoint.InFlight == requests.Count);
        flushed.SetResult();
        var responses = await Task.WhenAll(requests);
        Assert.All(responses, response => Assert.Equal(HttpStatusCode.Accepted, response.StatusCode));
        Assert.Equal(requests.Count - 1, responses.Count(response => response.Headers.Contains("Idempotent-Replayed")));
        Assert.Single(server.Queue.Events);
    }

    [Fact]
    public async Task A_first_one_that_fails_leaves_the_key_to_the_next()
    {
        await using var server = await IntakeServer.StartAsync();
        server.Queue.Refusal = CommitStatus.Overloaded;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await PostAsync(server, Json, "1", "k")).StatusCode);
        server.Queue.Refusal = null;
        var second = await PostAsync(server, Json, "1", "k");
        Assert.Equal(HttpStatusCode.Accepted, second.StatusCode);
        Assert.False(second.Headers.Contains("Idempotent-Replayed"));
        Assert.Single(server.Queue.Events);
    }

    [Fact]
    public async Task A_key_is_forgotten_after_its_window()
    {
        var time = new FakeTime();
        await using var server = await IntakeServer.StartAsync(options => options.IdempotencyWindow = TimeSpan.FromMinutes(5), time: time);
        await PostAsync(server, Json, "1", "k");
        time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.True((await PostAsync(server, Json, "1", "k")).Headers.Contains("Idempotent-Replayed"));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False((await PostAsync(server, Json, "1", "k")).Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(2, server.Queue.Events.Count);
    }

    [Fact]
    public async Task Without_a_window_nothing_is_remembered()
    {
        await using var server = await IntakeServer.StartAsync(options => options.IdempotencyWindow = TimeSpan.Zero);
        await PostAsync(server, Json, "1", "k");
        await PostAsync(server, Json, "1", "k");
        Assert.Equal(2, server.Queue.Events.Count);
        Assert.All(server.Queue.Events, stored => Assert.True(stored.Mark.IsEmpty));
    }

    [Fact]
    public async Task A_CloudEvent_that_comes_again_is_stored_once_in_either_mode()
    {
        await using var server = await IntakeServer.StartAsync();
        foreach (var repeated in new[] { false, true })
        {
            var response = await server.PostAsync("/v1/events", Structured, Event);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            Assert.Equal(repeated, response.Headers.Contains("Idempotent-Replayed"));
        }
        foreach (var repeated in new[] { false, true })
        {
            var response = await server.PostAsync("/v1/streams/binary/events", Json, "1"u8.ToArray(), Headers);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            Assert.Equal(repeated, response.Headers.Contains("Idempotent-Replayed"));
        }
        Assert.Equal(2, server.Queue.Events.Count);
    }

    [Theory]
    [InlineData("application/cloudevents+json; charset=utf-8",
        "{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"/s\",\"type\":\"t\",\"data\":1}")]
    [InlineData("application/cloudevents+json", "{\"id\":\"7\",\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\"/s\",\"data\":1}")]
    [InlineData("application/cloudevents+json", "{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"/s\",\"type\":\"t\",\"data\":1}\n")]
    [InlineData(
        "application/cloudevents+json",
        "{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"/s\",\"type\":\"t\",\"data\":{\"sentAt\":2}}")]
    public async Task A_CloudEvent_is_known_by_source_and_id_however_it_is_written_down(string type, string again)
    {
        await using var server = await IntakeServer.StartAsync();
        const string First = "{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"/s\",\"type\":\"t\",\"data\":1}";
        var stored = await server.PostAsync("/v1/events", Structured, First);
        var repeated = await server.PostAsync("/v1/events", type, again);
        Assert.Equal(HttpStatusCode.Accepted, repeated.StatusCode);
        Assert.True(repeated.Headers.Contains("Idempotent-Replayed"));
        var cancel = TestContext.Current.CancellationToken;
        Assert.Equal(await stored.Content.ReadAsStringAsync(cancel), await repeated.Content.ReadAsStringAsync(cancel));
        // The same event in the other mode is the same event.
        (string, string)[] headers = [("ce-specversion", "1.0"), ("ce-id", "7"), ("ce-source", "/s"), ("ce-type", "t")];
        Assert.True((await server.PostAsync("/v1/events", Json, "1"u8.ToArray(), headers)).Headers.Contains("Idempotent-Replayed"));
        Assert.Single(server.Queue.Events);
    }

    [Fact]
    public void A_CloudEvent_whose_mark_in_the_log_has_a_digest_is_known_by_its_id_too()
    {
        var window = new IdempotencyWindow(TimeSpan.FromMinutes(1), 10, new FakeTime());
        var mark = RequestMark.OfCloudEvent("s", "", "/s"u8, "7"u8);
        window.Restore(mark with { Fingerprint = 12345 }, first: 5, count: 1, age: TimeSpan.Zero);
        Assert.Equal(ClaimOutcome.Replayed, window.Claim(mark).Outcome);
    }

    [Fact]
    public async Task CloudEvents_in_batches_and_where_it_is_switched_off_are_not_compared()
    {
        await using var server = await IntakeServer.StartAsync(options => options.IdempotentCloudEvents = false);
        await server.PostAsync("/v1/events", Structured, Event);
        await server.PostAsync("/v1/events", Structured, Event);
        Assert.Equal(2, server.Queue.Events.Count);

        await using var other = await IntakeServer.StartAsync();
        await other.PostAsync("/v1/events", "application/cloudevents-batch+json", $"[{Event}]");
        await other.PostAsync("/v1/events", "application/cloudevents-batch+json", $"[{Event}]");
        Assert.Equal(2, other.Queue.Events.Count);
    }

    [Fact]
    public async Task After_a_restart_the_log_tells_what_was_stored()
    {
        await using var before = await IntakeServer.StartAsync();
        await before.PostAsync("/v1/events", Json, "0");
        await PostAsync(before, Lines, "1\n2\n3", "lines");
        await PostAsync(before, Json, "{}", "one");
        await before.PostAsync("/v1/events", Structured, Event);
        await before.PostAsync("/v1/events", Json, "[8,9]");

        await using var after = await IntakeServer.StartAsync();
        after.Endpoint.Idempotency.IsRecovering = true;
        await IntakeServer.ProblemAsync(await PostAsync(after, Json, "{}", "one"), HttpStatusCode.ServiceUnavailable, "starting");
        Assert.Equal(HttpStatusCode.Accepted, (await after.PostAsync("/v1/events", Json, "0")).StatusCode);

        var recovery = new IdempotencyRecovery(after.Endpoint.Idempotency, TimeProvider.System);
        foreach (var stored in before.Queue.Events)
        {
            recovery.Add(stored.Sequence, stored.Body.Span);
        }
        recovery.End();
        Assert.Equal(3, after.Endpoint.Idempotency.Count);
        Assert.Equal(2, after.Endpoint.Idempotency.KeepFrom);
        Assert.Equal("""{"accepted":3,"first":2,"last":4}""", await ReplayedAsync(PostAsync(after, Lines, "1\n2\n3", "lines")));
        Assert.Equal("""{"accepted":1,"first":5,"last":5}""", await ReplayedAsync(PostAsync(after, Json, "{}", "one")));
        Assert.Equal("""{"accepted":1,"first":6,"last":6}""", await ReplayedAsync(after.PostAsync("/v1/events", Structured, Event)));
        await IntakeServer.ProblemAsync(await PostAsync(after, Json, "[]", "one"), HttpStatusCode.BadRequest, "empty_body");
        await IntakeServer.ProblemAsync(await PostAsync(after, Json, "{ }", "one"), HttpStatusCode.Conflict, "idempotency_conflict");
        Assert.Single(after.Queue.Events);
    }

    [Fact]
    public async Task What_the_node_notes_for_itself_does_not_travel()
    {
        await using var server = await IntakeServer.StartAsync();
        await PostAsync(server, Lines, "1\n2", "secret");
        Assert.Equal([RequestMark.Bytes, 1], server.Queue.Events.Select(stored => stored.Mark.Length));
        Assert.All(server.Queue.Events, stored => Assert.False(stored.Attributes.MoveNext()));
        Assert.All(server.Queue.Events, stored => Assert.Equal(-1, stored.Body.Span.IndexOf("secret"u8)));
        Assert.Equal(["1", "2"], server.Queue.Events.Select(stored => Encoding.ASCII.GetString(stored.Payload.Span)));
    }

    private static Task<HttpResponseMessage> PostAsync(IntakeServer server, string type, string body, string key) =>
        server.PostAsync("/v1/events", type, Encoding.UTF8.GetBytes(body), ("Idempotency-Key", key));

    private static async Task<string> ReplayedAsync(Task<HttpResponseMessage> request)
    {
        var response = await request;
        Assert.Equal("true", response.Headers.GetValues("Idempotent-Replayed").Single());
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
