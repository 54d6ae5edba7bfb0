using System.Net;
using System.Text;
using System.Text.Json;
using Ingest.Events;

namespace Ingest.Tests.Intake;

/// <summary>What is taken, and that it is stored byte for byte.</summary>
public sealed class AcceptedEventsTests
{
    private const string Json = "application/json";
    private const string Lines = "application/x-ndjson";

    [Theory]
    [InlineData(Json, """{"a":1}""", new[] { """{"a":1}""" })]
    [InlineData(null, """{"a":1}""", new[] { """{"a":1}""" })]
    [InlineData("application/json; charset=utf-8", " {\"a\" : 1}\r\n", new[] { " {\"a\" : 1}\r\n" })]
    [InlineData(Json, "\"text\"", new[] { "\"text\"" })]
    [InlineData(Json, "-0.5e+7", new[] { "-0.5e+7" })]
    [InlineData(Json, "null", new[] { "null" })]
    [InlineData(Json, "true", new[] { "true" })]
    [InlineData(Json, """{"a":1,"a":2}""", new[] { """{"a":1,"a":2}""" })]
    [InlineData(Json, "\"\\ud800\"", new[] { "\"\\ud800\"" })]
    [InlineData(Json, """[{"a":1},{"a":2}]""", new[] { """{"a":1}""", """{"a":2}""" })]
    [InlineData(Json, " [ {\"a\" : 1}\n,\n 2 , \"x\" , [3 , 4] ] \n", new[] { "{\"a\" : 1}", "2", "\"x\"", "[3 , 4]" })]
    [InlineData(Lines, "{\"a\":1}\n{\"a\":2}\n", new[] { """{"a":1}""", """{"a":2}""" })]
    [InlineData(Lines, "{\"a\":1}\n{\"a\":2}", new[] { """{"a":1}""", """{"a":2}""" })]
    [InlineData(Lines, "\n\r\n {\"a\":1} \r\n \t\n[1,2]\r\n", new[] { " {\"a\":1} ", "[1,2]" })]
    [InlineData("application/jsonl", "1\n2\n3", new[] { "1", "2", "3" })]
    [InlineData("Application/X-NDJSON; charset=\"UTF-8\"", "1\n2", new[] { "1", "2" })]
    [InlineData("text/plain", "anything\n at all", new[] { "anything\n at all" })]
    [InlineData("application/octet-stream", "\0{", new[] { "\0{" })]
    [InlineData(Json, "\"Grüße, 世界 🚀\"", new[] { "\"Grüße, 世界 🚀\"" })]
    public async Task Each_payload_is_stored_as_it_was_sent(string? contentType, string body, string[] payloads)
    {
        await using var server = await IntakeServer.StartAsync();
        var response = await server.PostAsync("/v1/events", contentType, body);
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal($$"""{"accepted":{{payloads.Length}},"first":1,"last":{{payloads.Length}}}""", answer);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(payloads, server.Queue.Events.Select(stored => Encoding.UTF8.GetString(stored.Payload.Span)));
        Assert.All(server.Queue.Events, stored => Assert.Equal("default", Encoding.ASCII.GetString(stored.Stream)));
    }

    [Theory]
    [InlineData(Json, "[1]", EventFormat.Json, Json)]
    [InlineData(null, "1", EventFormat.Json, Json)]
    [InlineData(Lines, "1", EventFormat.Json, Json)]
    [InlineData("application/json; charset=utf-8", "1", EventFormat.Json, "application/json; charset=utf-8")]
    [InlineData("text/plain; charset=latin1", "1", EventFormat.Opaque, "text/plain; charset=latin1")]
    public async Task An_event_carries_its_media_type_and_time(string? contentType, string body, EventFormat format, string stored)
    {
        await using var server = await IntakeServer.StartAsync();
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await server.PostAsync("/v1/events", contentType, body);
        var only = Assert.Single(server.Queue.Events);
        Assert.Equal(format, only.Format);
        Assert.Equal(stored, Encoding.ASCII.GetString(only.ContentType));
        Assert.InRange(only.AcceptedUnixMs, before, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.True(only.Key.IsEmpty);
        Assert.True(only.Id.IsEmpty);
        Assert.False(only.Attributes.MoveNext());
    }

    [Fact]
    public async Task Real_payloads_come_back_byte_for_byte_alone_as_lines_and_as_an_array()
    {
        var payloads = WebhookPayloads.All();
        Assert.Equal(329, payloads.Count);
        await using var server = await IntakeServer.StartAsync();
        foreach (var payload in payloads)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/events", Json, payload)).StatusCode);
        }
        await server.PostAsync("/v1/events", Lines, string.Join('\n', payloads));
        await server.PostAsync("/v1/events", Json, "[" + string.Join(", ", payloads) + "]");

        var stored = server.Queue.Events.Select(entry => Encoding.UTF8.GetString(entry.Payload.Span)).ToList();
        Assert.Equal([.. payloads, .. payloads, .. payloads], stored);
    }

    [Fact]
    public async Task The_answer_numbers_the_events_of_the_request()
    {
        await using var server = await IntakeServer.StartAsync();
        await server.PostAsync("/v1/events", Lines, "1\n2\n3");
        var response = await server.PostAsync("/v1/events", Lines, "4\n5");
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal([2, 4, 5], new[] { "accepted", "first", "last" }.Select(name => answer.GetProperty(name).GetInt32()));
    }

    [Fact]
    public async Task A_key_from_the_header_belongs_to_every_event_of_the_request()
    {
        await using var server = await IntakeServer.StartAsync();
        await server.PostAsync("/v1/events", Lines, "1\n2"u8.ToArray(), ("Ingest-Key", "customer-7"));
        Assert.Equal(["customer-7", "customer-7"], server.Queue.Events.Select(stored => Encoding.UTF8.GetString(stored.Key)));
    }

    [Theory]
    [InlineData("/user/id", """{"user":{"id":"a\u0062c"}}""", "abc")]
    [InlineData("/user/id", """{"x":[{"user":1}],"user":{"name":"id","id":42}}""", "42")]
    [InlineData("/user/id", """{"user":{"id":null}}""", "")]
    [InlineData("/user/id", """{"user":7}""", "")]
    [InlineData("/items/1/sku", """{"items":[{"sku":"A"},{"sku":"B"}]}""", "B")]
    [InlineData("/a~1b/~0", """{"a/b":{"~":"found"}}""", "found")]
    [InlineData("", "\"itself\"", "itself")]
    public async Task A_key_is_found_where_the_streams_pointer_says(string path, string body, string key)
    {
        await using var server = await IntakeServer.StartAsync(options => options.KeyPointers["orders"] = path);
        var response = await server.PostAsync("/v1/streams/orders/events", Json, body);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(key, Encoding.UTF8.GetString(Assert.Single(server.Queue.Events).Key));
    }

    [Fact]
    public async Task The_header_goes_before_the_pointer()
    {
        await using var server = await IntakeServer.StartAsync(options => options.KeyPointers["orders"] = "/id");
        await server.PostAsync("/v1/streams/orders/events", Json, """{"id":"inside"}"""u8.ToArray(), ("Ingest-Key", "outside"));
        Assert.Equal("outside", Encoding.UTF8.GetString(Assert.Single(server.Queue.Events).Key));
    }

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    [InlineData("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-will-be-like", true)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false)]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01", false)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false)]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false)]
    [InlineData("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false)]
    [InlineData("nonsense", false)]
    public async Task A_valid_trace_goes_with_the_event(string traceparent, bool valid)
    {
        await using var server = await IntakeServer.StartAsync();
        await server.PostAsync("/v1/events", Json, "1"u8.ToArray(), ("traceparent", traceparent), ("tracestate", "vendor=1"));
        var attributes = Assert.Single(server.Queue.Events).Attributes;
        Assert.Equal(valid ? traceparent : "", Encoding.ASCII.GetString(attributes.Find("traceparent"u8)));
        Assert.Equal(valid ? "vendor=1" : "", Encoding.ASCII.GetString(attributes.Find("tracestate"u8)));
    }
}
