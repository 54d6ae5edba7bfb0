using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Ingest.Health;
using Ingest.Queue;

namespace Ingest.Tests.Intake;

/// <summary>What is decided without a body: paths, methods, streams, reasons to refuse, and what the queue answers.</summary>
public sealed class AdmissionTests
{
    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    [InlineData("BREW")]
    public async Task Another_method_is_refused_with_the_one_that_is_allowed(string method)
    {
        await using var server = await IntakeServer.StartAsync();
        foreach (var path in new[] { "/v1/events", "/v1/streams/orders/events" })
        {
            var response = await server.Client.SendAsync(
                new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);
            await IntakeServer.ProblemAsync(response, HttpStatusCode.MethodNotAllowed, "method_not_allowed");
            Assert.Equal(["POST"], response.Content.Headers.Allow);
        }
    }

    [Fact]
    public async Task A_HEAD_is_refused_without_a_body()
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.Client.SendAsync(
            new HttpRequestMessage(HttpMethod.Head, "/v1/events"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/v1/event")]
    [InlineData("/v2/events")]
    [InlineData("/v1/streams/orders")]
    [InlineData("/v1/streams/a/b/events")]
    public async Task An_unknown_path_is_not_found(string path)
    {
        await using var server = await IntakeServer.StartAsync();
        await IntakeServer.ProblemAsync(await server.PostAsync(path, null, "{}"), HttpStatusCode.NotFound, "unknown_path");
    }

    [Theory]
    [InlineData("orders")]
    [InlineData("_a.B-9")]
    [InlineData("0")]
    public async Task A_stream_takes_events_under_its_name(string name)
    {
        await using var server = await IntakeServer.StartAsync();
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync($"/v1/streams/{name}/events", null, "{}")).StatusCode);
        Assert.Equal(name, Encoding.ASCII.GetString(Assert.Single(server.Queue.Events).Stream));
    }

    [Theory]
    [InlineData(".hidden")]
    [InlineData("-dash")]
    [InlineData("a%2Fb")]
    [InlineData("a%20b")]
    [InlineData("%C3%BC")]
    [InlineData("%00")]
    [InlineData("129 letters")]
    public async Task What_is_no_streams_name_is_unknown(string name)
    {
        await using var server = await IntakeServer.StartAsync();
        name = name.Contains(' ', StringComparison.Ordinal) ? new string('a', 129) : name;
        var answer = await server.SendRawAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/streams/{name}/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"));
        Assert.Matches("^HTTP/1.1 40[04] ", answer);
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_list_of_streams_restricts_them()
    {
        await using var server = await IntakeServer.StartAsync(options => options.Streams = ["orders"]);
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/streams/orders/events", null, "{}")).StatusCode);
        await IntakeServer.ProblemAsync(
            await server.PostAsync("/v1/streams/Orders/events", null, "{}"), HttpStatusCode.NotFound, "unknown_stream");
        await IntakeServer.ProblemAsync(await server.PostAsync("/v1/events", null, "{}"), HttpStatusCode.NotFound, "unknown_stream");
    }

    [Fact]
    public async Task Streams_are_bounded_and_only_stored_events_make_one()
    {
        await using var server = await IntakeServer.StartAsync(options => options.StreamsMax = 3, known: ["old"]);
        await server.PostAsync("/v1/streams/broken/events", null, "{");
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/streams/third/events", null, "{}")).StatusCode);
        await IntakeServer.ProblemAsync(
            await server.PostAsync("/v1/streams/fourth/events", null, "{}"), HttpStatusCode.ServiceUnavailable, "streams_exhausted");
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/streams/old/events", null, "{}")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/events", null, "{}")).StatusCode);
    }

    [Theory]
    [InlineData(RefusalCode.Starting, "starting")]
    [InlineData(RefusalCode.LogFailed, "log_failed")]
    [InlineData(RefusalCode.Draining, "draining")]
    [InlineData(RefusalCode.PolicyRefused, "policy_refused")]
    [InlineData(RefusalCode.MemoryPressure, "memory_pressure")]
    [InlineData(RefusalCode.DiskPressure, "disk_pressure")]
    [InlineData(RefusalCode.Overloaded, "overloaded")]
    public async Task A_closed_gate_refuses_before_the_body_and_says_when_to_come_back(RefusalCode code, string name)
    {
        await using var server = await IntakeServer.StartAsync();
        server.Gate.Close(code, "Because.");
        using var raw = await RawText.OpenAsync(server.Address);
        await raw.SendAsync("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
        var answer = await raw.ReadAsync(text => text.Contains("Because.", StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"code\":\"{name}\"", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Matches("\r\nRetry-After: [1-9][0-9]*\r\n", answer);

        server.Gate.Open(code);
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/events", null, "{}")).StatusCode);
    }

    [Theory]
    [InlineData(CommitStatus.Overloaded, HttpStatusCode.ServiceUnavailable, "overloaded")]
    [InlineData(CommitStatus.DiskFull, HttpStatusCode.ServiceUnavailable, "disk_pressure")]
    [InlineData(CommitStatus.LogFailed, HttpStatusCode.ServiceUnavailable, "log_failed")]
    [InlineData(CommitStatus.Closed, HttpStatusCode.ServiceUnavailable, "draining")]
    [InlineData(CommitStatus.TooLarge, HttpStatusCode.RequestEntityTooLarge, "batch_too_large")]
    public async Task What_the_queue_refuses_is_refused(CommitStatus status, HttpStatusCode expected, string code)
    {
        await using var server = await IntakeServer.StartAsync();
        server.Queue.Refusal = status;
        var response = await server.PostAsync("/v1/events", null, "{}");
        await IntakeServer.ProblemAsync(response, expected, code);
        Assert.Equal(expected == HttpStatusCode.ServiceUnavailable, response.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task The_answer_waits_for_the_disk()
    {
        await using var server = await IntakeServer.StartAsync();
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Queue.Ready = flushed.Task;
        var response = server.PostAsync("/v1/events", null, "{}");
        await Testing.Poll.Until("the request is let in", () => server.Endpoint.InFlight == 1);
        Assert.False(response.IsCompleted);
        flushed.SetResult();
        Assert.Equal(HttpStatusCode.Accepted, (await response).StatusCode);
        await Testing.Poll.Until("the request is done", () => server.Endpoint.InFlight == 0);
    }

    [Fact]
    public async Task Told_to_close_connections_it_does_so_with_every_answer()
    {
        await using var server = await IntakeServer.StartAsync();
        server.Endpoint.ClosesConnections = true;
        Assert.True((await server.PostAsync("/v1/events", null, "{}")).Headers.ConnectionClose);
        Assert.True((await server.PostAsync("/v1/events", null, "{")).Headers.ConnectionClose);
        server.Endpoint.ClosesConnections = false;
        Assert.NotEqual(true, (await server.PostAsync("/v1/events", null, "{}")).Headers.ConnectionClose);
    }

    [Fact]
    public async Task A_sane_request_id_is_echoed_and_another_is_replaced()
    {
        await using var server = await IntakeServer.StartAsync();
        Assert.Equal("my-id/7", await IdAsync(server, "my-id/7"));
        var made = new HashSet<string>();
        foreach (var odd in new[] { null, "", new string('x', 129), "with space" })
        {
            Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{12}$", await IdAsync(server, odd));
            Assert.True(made.Add(await IdAsync(server, odd)));
        }
    }

    [Fact]
    public async Task Requests_are_counted_by_code_and_timed_by_route()
    {
        await using var server = await IntakeServer.StartAsync();
        var (codes, statuses) = (new List<object?>(), new List<(object?, object?)>());
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == server.Instruments.Meter)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => codes.Add(Tag(tags, "code")));
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
            statuses.Add((Tag(tags, "http.route"), Tag(tags, "http.response.status_code"))));
        listener.Start();

        await server.PostAsync("/v1/streams/orders/events", null, "{}");
        await server.PostAsync("/v1/events", null, "{");
        await Testing.Poll.Until("both are recorded", () => statuses.Count == 2);
        Assert.Equal(["malformed_json"], codes);
        Assert.Equal([("/v1/streams/{stream}/events", 202), ("/v1/events", 400)], statuses);
    }

    private static object? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var (key, value) in tags)
        {
            if (key == name)
            {
                return value;
            }
        }
        return null;
    }

    private static async Task<string> IdAsync(IntakeServer server, string? sent)
    {
        var headers = sent is null ? [] : new[] { ("X-Request-Id", sent) };
        return (await server.PostAsync("/v1/events", null, "{}"u8.ToArray(), headers)).Headers.GetValues("X-Request-Id").Single();
    }
}
