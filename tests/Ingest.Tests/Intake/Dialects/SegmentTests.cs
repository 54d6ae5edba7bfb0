using System.Text;
using System.Text.Json;
using Ingest.Health;
using Ingest.Intake.Dialects.Segment;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>Segment's tracking API, which RudderStack's SDKs speak as well.</summary>
public sealed class SegmentTests
{
    private const string One = "{\"type\":\"track\", \"messageId\":\"m-1\",\"userId\":\"u\\u002d1\",\"event\":\"a\"}";
    private const string Two = "{\"anonymousId\":\"a-1\",\"messageId\":\"m-2\",\"type\":\"page\",\"userId\":null}";

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    public async Task The_elements_of_a_batch_are_events_byte_for_byte_whatever_the_type_says(string type)
    {
        await using var server = await DialectServer.StartAsync(new SegmentDialect());
        var body = Encoding.UTF8.GetBytes($"{{\"batch\":[{One},\n{Two}],\"sentAt\":\"2026-01-01\",\"writeKey\":\"w\"}}");
        var answer = await server.SendAsync("POST", "/v1/batch", body, type);
        Assert.Equal((200, "{\"success\":true}"), (answer.Status, answer.Body));
        Assert.Equal([One, Two], server.Payloads);
        Assert.Equal(["u-1", "a-1"], server.Queue.Events.Select(stored => Encoding.UTF8.GetString(stored.Key)));
        Assert.Equal(["m-1", "m-2"], server.Queue.Events.Select(stored => Encoding.UTF8.GetString(stored.Id)));
        Assert.All(server.Queue.Events, stored => Assert.Equal("2026-01-01", DialectServer.Attribute(stored, "segment-sentat")));
        Assert.All(server.Queue.Events, stored => Assert.Equal("events", DialectServer.Stream(stored)));
    }

    [Fact]
    public async Task RudderStacks_browser_library_is_told_that_its_source_is_enabled_and_has_no_destinations()
    {
        await using var server = await DialectServer.StartAsync(new SegmentDialect());
        var answer = await server.SendAsync("GET", "/sourceConfig/?p=npm&writeKey=k", []);
        using var source = JsonDocument.Parse(answer.Body);
        var root = source.RootElement.GetProperty("source");
        Assert.Equal((200, true), (answer.Status, root.GetProperty("enabled").GetBoolean()));
        Assert.Equal(0, root.GetProperty("destinations").GetArrayLength());
    }

    [Fact]
    public async Task A_repeat_is_known_by_its_messageIds_whatever_else_has_changed()
    {
        await using var server = await DialectServer.StartAsync(new SegmentDialect());
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var answer = await server.PostAsync(
                "/v1/batch", $"{{\"sentAt\":\"{attempt}\",\"batch\":[{One},{Two}]}}", ("X-Retry-Count", $"{attempt}"));
            Assert.Equal((200, "{\"success\":true}"), (answer.Status, answer.Body));
            Assert.Equal(attempt > 0 ? "true" : null, answer.Header("Idempotent-Replayed"));
        }
        Assert.Equal([One, Two], server.Payloads);
        Assert.Equal(200, (await server.PostAsync("/v1/batch", $"{{\"batch\":[{Two},{One}]}}")).Status);
        Assert.Equal(4, server.Queue.Events.Count);
    }

    [Fact]
    public async Task Events_without_ids_are_no_repeats()
    {
        await using var server = await DialectServer.StartAsync(new SegmentDialect());
        await server.PostAsync("/v1/track", "{\"event\":\"a\"}");
        await server.PostAsync("/v1/t", "{\"event\":\"a\"}");
        Assert.Equal(2, server.Queue.Events.Count);
    }

    [Theory]
    [InlineData("Authorization", "Basic c2VjcmV0LTE6", "", 200)]
    [InlineData("Authorization", "Bearer secret-1", "", 200)]
    [InlineData("X-Nothing", "1", ",\"writeKey\":\"secret-1\"", 200)]
    [InlineData("Authorization", "Basic b3RoZXI6", ",\"writeKey\":\"secret-1\"", 200)]
    [InlineData("X-Nothing", "1", ",\"writeKey\":\"other\"", 401)]
    [InlineData("X-Nothing", "1", "", 401)]
    public async Task The_write_key_is_found_in_the_head_or_in_the_body(string name, string value, string member, int status)
    {
        await using var server = await DialectServer.StartAsync(new SegmentDialect(), key: "secret-1");
        var answer = await server.PostAsync("/v1/batch", $"{{\"batch\":[{One}]{member}}}", (name, value));
        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? 1 : 0, server.Queue.Events.Count);
        Assert.DoesNotContain("secret-1", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_type_may_be_the_stream()
    {
        await using var server = await DialectServer.StartAsync(
            new SegmentDialect(), new SegmentDialectOptions { StreamByType = true, AdmissionWait = TimeSpan.Zero });
        await server.PostAsync("/v1/batch", $"{{\"batch\":[{One},{Two}]}}");
        Assert.Equal(["track", "page"], server.Queue.Events.Select(DialectServer.Stream));
    }

    [Theory]
    [InlineData("", "empty_body")]
    [InlineData("{}", "bad_request")]
    [InlineData("[]", "malformed_json")]
    [InlineData("{\"batch\":{}}", "malformed_json")]
    [InlineData("{\"batch\":[1]}", "malformed_json")]
    [InlineData("{\"batch\":[{\"a\":1},]}", "malformed_json")]
    [InlineData("{\"batch\":[{\"a\":1}]", "malformed_json")]
    [InlineData("{\"batch\":[{\"a\":1}]}}", "malformed_json")]
    public async Task A_body_that_is_none_is_refused_whole(string body, string code)
    {
        await using var server = await DialectServer.StartAsync(new SegmentDialect());
        var answer = await server.PostAsync("/v1/batch", body);
        Assert.Equal((400, code), (answer.Status, answer.Header("Ingest-Code")));
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData(RefusalCode.Overloaded)]
    [InlineData(RefusalCode.Draining)]
    [InlineData(RefusalCode.PolicyRefused)]
    public async Task What_passes_is_429_which_the_SDKs_obey_without_counting_it(RefusalCode reason)
    {
        await using var server = await DialectServer.StartAsync(new SegmentDialect());
        server.Gate.Close(reason, "Because.");
        var answer = await server.PostAsync("/v1/batch", $"{{\"batch\":[{One}]}}");
        Assert.Equal((429, "7"), (answer.Status, answer.Header("Retry-After")));
    }
}
