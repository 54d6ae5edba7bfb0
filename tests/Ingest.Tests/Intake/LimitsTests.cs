using System.Net;
using System.Text;
using System.Text.Json;

namespace Ingest.Tests.Intake;

/// <summary>Sizes and counts at their limit and one beyond, with and without a Content-Length.</summary>
public sealed class LimitsTests
{
    private const int EventMax = 2000;
    private const int BodyMax = 100_000;
    private const int EventsMax = 20;

    public static TheoryData<string, string, int> Beyond => new()
    {
        { "text/plain", "event_too_large", EventMax + 1 },
        { "application/json", "event_too_large", EventMax + 1 },
        { "application/x-ndjson", "event_too_large", EventMax + 1 },
        { "application/x-ndjson", "batch_too_large", BodyMax + 1 },
        { "application/json", "batch_too_large", BodyMax + 1 },
    };

    [Theory, MemberData(nameof(Beyond))]
    public async Task One_byte_too_many_is_refused_and_one_fewer_is_taken(string type, string code, int bytes)
    {
        await using var server = await StartAsync();
        foreach (var chunked in new[] { false, true })
        {
            var refused = await SendAsync(server, type, Body(type, bytes, code), chunked);
            await IntakeServer.ProblemAsync(refused, HttpStatusCode.RequestEntityTooLarge, code);
            Assert.Empty(server.Queue.Events);
        }
        foreach (var chunked in new[] { false, true })
        {
            var taken = await SendAsync(server, type, Body(type, bytes - 1, code), chunked);
            Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        }
    }

    [Theory]
    [InlineData("application/json", "[", ",", "]")]
    [InlineData("application/x-ndjson", "", "\n", "\n")]
    public async Task One_event_too_many_is_refused_and_one_fewer_is_taken(string type, string open, string between, string close)
    {
        await using var server = await StartAsync();
        var response = await server.PostAsync("/v1/events", type, open + string.Join(between, Enumerable.Range(1, EventsMax)) + close);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        response = await server.PostAsync("/v1/events", type, open + string.Join(between, Enumerable.Range(1, EventsMax + 1)) + close);
        var problem = await IntakeServer.ProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "too_many_events");
        Assert.Equal(EventsMax, problem.GetProperty("errors")[0].GetProperty("index").GetInt32());
        Assert.Equal(EventsMax, server.Queue.Events.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    public async Task A_body_that_is_alone_has_room_also_where_the_buffers_together_are_smaller(string encoding)
    {
        await using var server = await IntakeServer.StartAsync(options => options.BufferBytesMax = BodyMax / 2);
        var body = Encoding.UTF8.GetBytes($"{new string(' ', BodyMax - 2)}\n1");
        for (var i = 0; i < 3; i++)
        {
            var response = encoding.Length == 0
                ? await server.PostAsync("/v1/events", "application/x-ndjson", body)
                : await server.PostAsync(
                    "/v1/events", "application/x-ndjson", CompressionTests.Compress(encoding, body), ("Content-Encoding", encoding));
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }
        Assert.Equal(0, server.Endpoint.BytesArriving);
    }

    [Fact]
    public async Task The_event_of_a_batch_that_is_too_large_is_named()
    {
        await using var server = await StartAsync();
        var response = await server.PostAsync("/v1/events", "application/json", $"[1,2,\"{new string('x', EventMax - 1)}\"]");
        var problem = await IntakeServer.ProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "event_too_large");
        Assert.Equal(2, problem.GetProperty("errors")[0].GetProperty("index").GetInt32());
        Assert.Equal(5, problem.GetProperty("offset").GetInt32());
    }

    [Fact]
    public async Task A_hundred_thousand_tiny_events_are_one_request()
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync("/v1/events", "application/x-ndjson", string.Join('\n', Enumerable.Range(0, 100_000)));
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal(100_000, answer.GetProperty("accepted").GetInt32());
        Assert.Equal("99999", Encoding.ASCII.GetString(server.Queue.Events[^1].Payload.Span));
    }

    [Fact]
    public async Task A_body_is_refused_by_its_Content_Length_before_a_byte_of_it_is_there()
    {
        await using var server = await StartAsync();
        using var raw = await RawText.OpenAsync(server.Address);
        await raw.SendAsync($"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: {BodyMax + 1}\r\n\r\n");
        var answer = await raw.ReadAsync(text => text.Contains("batch_too_large", StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_that_arrive_in_pieces_share_a_bounded_amount_of_memory()
    {
        await using var server = await IntakeServer.StartAsync(options => options.BufferBytesMax = 100_000);
        using var first = await RawText.OpenAsync(server.Address);
        await first.SendAsync("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + new string(' ', 59_998));
        await Testing.Poll.Until("the first body is held", () => server.Endpoint.BytesArriving > 0);

        var second = await server.PostAsync("/v1/events", "application/json", new string(' ', 60_000) + "2");
        await IntakeServer.ProblemAsync(second, HttpStatusCode.ServiceUnavailable, "overloaded");
        Assert.True(second.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));

        // Whole in one piece, a body needs none of it.
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/events", "application/json", "3")).StatusCode);
        await first.SendAsync(" 1");
        Assert.StartsWith("HTTP/1.1 202 ", await first.ReadAsync(text => text.EndsWith('}')), StringComparison.Ordinal);
        await Testing.Poll.Until("nothing is held any more", () => server.Endpoint.BytesArriving == 0);
    }

    private static Task<IntakeServer> StartAsync() => IntakeServer.StartAsync(options =>
        (options.EventBytesMax, options.BodyBytesMax, options.EventsPerRequestMax) = (EventMax, BodyMax, EventsMax));

    private static byte[] Body(string type, int bytes, string code) => (type, code) switch
    {
        ("application/json", "batch_too_large") => Encoding.ASCII.GetBytes("[1" + new string(' ', bytes - 3) + "]"),
        (_, "batch_too_large") => Encoding.ASCII.GetBytes("1\n" + new string('\n', bytes - 2)),
        ("text/plain", _) => new byte[bytes],
        _ => Encoding.ASCII.GetBytes("\"" + new string('x', bytes - 2) + "\""),
    };

    private static Task<HttpResponseMessage> SendAsync(IntakeServer server, string type, byte[] body, bool chunked)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.TransferEncodingChunked = chunked;
        return server.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
