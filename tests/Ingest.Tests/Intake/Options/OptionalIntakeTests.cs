using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ingest.Events;
using Ingest.Intake;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Options;

/// <summary>What the native paths take beyond the usual: further media types, and what a setting allows.</summary>
public sealed class OptionalIntakeTests
{
    [Theory]
    [InlineData("text/json", EventFormat.Json)]
    [InlineData("application/vnd.github+json", EventFormat.Json)]
    [InlineData("application/problem+json; charset=\"utf-8\"", EventFormat.Json)]
    [InlineData("application/json; charset='utf8'", EventFormat.Json)]
    [InlineData("application/x-www-form-urlencoded", EventFormat.Opaque)]
    public async Task JSON_by_another_name_and_forms_are_taken(string contentType, EventFormat format)
    {
        await using var server = await IntakeServer.StartAsync();
        using var answer = await server.PostAsync("/v1/events", contentType, "{\"payload\":\"a=b\"}");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var stored = Assert.Single(server.Queue.Events);
        Assert.Equal((format, contentType), (stored.Format, Text(stored.ContentType)));
        Assert.Equal("{\"payload\":\"a=b\"}", Text(stored.Payload));
    }

    [Theory]
    [InlineData("application/vnd.github+json", "{\"a\":", HttpStatusCode.BadRequest)]
    [InlineData("application/cloudevents+avro", "{}", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/vnd.github+json; charset=utf-16", "{}", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("text/xml", "<a/>", HttpStatusCode.UnsupportedMediaType)]
    public async Task Others_are_refused_as_before(string contentType, string body, HttpStatusCode status)
    {
        await using var server = await IntakeServer.StartAsync();
        using var answer = await server.PostAsync("/v1/events", contentType, body);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Chosen_headers_are_kept_with_every_event()
    {
        await using var server = await IntakeServer.StartAsync(options => options.KeepHeaders = ["X-GitHub-Event", "X-Long", "X-Twice"]);
        using var answer = await server.PostAsync(
            "/v1/events", "application/json", "[1,2]"u8.ToArray(),
            ("x-github-event", "push"), ("X-Long", new string('a', 5000)), ("X-Twice", "a"), ("X-Twice", "b"), ("X-Other", "c"));
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(2, server.Queue.Events.Count);
        Assert.All(server.Queue.Events, stored =>
        {
            Assert.Equal("push", Attribute(stored, "x-github-event"));
            Assert.Equal("a, b", Attribute(stored, "x-twice"));
            Assert.Equal("", Attribute(stored, "x-long"));
            Assert.Equal("", Attribute(stored, "x-other"));
        });
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("cookie")]
    [InlineData("DD-API-KEY")]
    [InlineData("ce-id")]
    [InlineData("traceparent")]
    [InlineData("a b")]
    [InlineData("")]
    public void Credentials_and_what_is_kept_anyway_cannot_be_chosen(string name)
    {
        Assert.Single(IntakeRules.Check(new IntakeOptions { KeepHeaders = [name] }));
        Assert.Single(IntakeRules.Check(new IntakeOptions { IdempotencyHeaders = [name] }));
    }

    [Fact]
    public async Task A_header_by_setting_tells_a_repeat_whatever_the_body_is()
    {
        await using var server = await IntakeServer.StartAsync(options => options.IdempotencyHeaders = ["webhook-id", "X-Delivery"]);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var answer = await server.PostAsync(
                "/v1/events", "application/json", Encoding.UTF8.GetBytes($"{{\"attempt\":{attempt}}}"), ("Webhook-Id", "7"));
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            Assert.Equal(attempt == 1, answer.Headers.Contains("Idempotent-Replayed"));
        }
        using var other = await server.PostAsync("/v1/events", "application/json", "{}"u8.ToArray(), ("X-Delivery", "7"));
        Assert.False(other.Headers.Contains("Idempotent-Replayed"));
        using var wrong = await server.PostAsync("/v1/events", "application/json", "{}"u8.ToArray(), ("X-Delivery", new string('x', 300)));
        await IntakeServer.ProblemAsync(wrong, HttpStatusCode.BadRequest, "bad_request");
        Assert.Equal(["{\"attempt\":0}", "{}"], server.Queue.Events.Select(stored => Text(stored.Payload)));
    }

    [Theory]
    [InlineData("{\"a\":1}{\"a\":2}", "{\"a\":1}|{\"a\":2}")]
    [InlineData(" {\"a\":1}\n\n {\"a\":[2]}\n", "{\"a\":1}|{\"a\":[2]}")]
    [InlineData("1 2 \"x\"", "1|2|\"x\"")]
    [InlineData(" {\"a\":1} ", " {\"a\":1} ")]
    [InlineData("[1,2]", "1|2")]
    public async Task Values_one_after_the_other_are_events_by_setting(string body, string events)
    {
        await using var server = await IntakeServer.StartAsync(options => options.ConcatenatedJson = true);
        using var answer = await server.PostAsync("/v1/events", "application/json", body);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(events.Split('|'), server.Queue.Events.Select(stored => Text(stored.Payload)));
    }

    [Theory]
    [InlineData(true, "{\"a\":1}{\"a\":", 1)]
    [InlineData(true, "{\"a\":1},{\"a\":2}", 1)]
    [InlineData(true, "{\"a\":1}\u0001", 1)]
    [InlineData(false, "{\"a\":1}{\"a\":2}", -1)]
    public async Task What_is_malformed_behind_the_first_refuses_the_whole(bool isAllowed, string body, int index)
    {
        await using var server = await IntakeServer.StartAsync(options => options.ConcatenatedJson = isAllowed);
        using var answer = await server.PostAsync("/v1/events", "application/json", body);
        var problem = await IntakeServer.ProblemAsync(answer, HttpStatusCode.BadRequest, "malformed_json");
        Assert.Equal(index >= 0, problem.TryGetProperty("errors", out var errors));
        if (index >= 0)
        {
            Assert.Equal(index, errors[0].GetProperty("index").GetInt32());
        }
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData("\"subject\":\"\"")]
    [InlineData("\"dataschema\":\"#\"")]
    [InlineData("\"time\":\"yesterday\"")]
    [InlineData("\"datacontenttype\":\"?\"")]
    [InlineData("\"Partner_Name\":\"x\"")]
    [InlineData("\"amount\":1.5")]
    [InlineData("\"extra\":{\"a\":1}")]
    [InlineData("\"partitionkey\":\"\"")]
    public async Task Optional_attributes_as_real_senders_write_them_are_taken_by_setting(string attribute)
    {
        var body = $"{{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",{attribute}}}";
        foreach (var isLenient in new[] { false, true })
        {
            await using var server = await IntakeServer.StartAsync(options => options.LenientCloudEvents = isLenient);
            using var answer = await server.PostAsync("/v1/events", "application/cloudevents+json", body);
            Assert.Equal(isLenient ? HttpStatusCode.Accepted : HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal(isLenient ? [body] : [], server.Queue.Events.Select(stored => Text(stored.Payload)));
        }
    }

    [Theory]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":7,\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":{}}")]
    [InlineData("{\"specversion\":\"0.3\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data\":1,\"data\":2}")]
    public async Task Required_attributes_are_never_lenient(string body)
    {
        await using var server = await IntakeServer.StartAsync(options => options.LenientCloudEvents = true);
        using var answer = await server.PostAsync("/v1/events", "application/cloudevents+json", body);
        await IntakeServer.ProblemAsync(answer, HttpStatusCode.BadRequest, "invalid_cloudevent");
    }

    [Theory]
    [InlineData("eventgrid.azure.net", "eventgrid.azure.net", 200)]
    [InlineData("elsewhere.example.com", null, 200)]
    [InlineData(null, null, 405)]
    public async Task CloudEvents_senders_that_ask_first_are_answered_by_setting(string? origin, string? allowed, int status)
    {
        await using var server = await IntakeServer.StartAsync(options => options.WebHookOrigins = ["eventgrid.azure.net"]);
        using var request = new HttpRequestMessage(HttpMethod.Options, "/v1/streams/orders/events");
        if (origin is not null)
        {
            request.Headers.Add("WebHook-Request-Origin", origin);
        }
        using var answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(allowed is not null, answer.Headers.TryGetValues("WebHook-Allowed-Origin", out var values));
        Assert.Equal(allowed, values?.Single());
    }

    [Theory]
    [InlineData(true, "?access_token=secret-1", null, 202)]
    [InlineData(true, "?access_token=other", null, 401)]
    [InlineData(true, "?access_token=secret-1&access_token=secret-1", null, 401)]
    [InlineData(true, "?access_token=secret-1", "Bearer other", 401)]
    [InlineData(true, "", null, 401)]
    [InlineData(false, "?access_token=secret-1", null, 401)]
    public async Task A_key_in_the_query_counts_by_setting_and_where_no_header_shows_one(
        bool isAllowed, string query, string? authorization, int status)
    {
        using var directory = new TemporaryDirectory();
        var digest = Convert.ToHexStringLower(SHA256.HashData("secret-1"u8));
        await File.WriteAllTextAsync(
            directory["keys.json"], $$"""{"keys":[{"name":"k","sha256":"{{digest}}"}]}""", TestContext.Current.CancellationToken);
        await using var server = await IntakeServer.StartAsync(
            options => (options.KeysFile, options.KeysInQuery) = (directory["keys.json"], isAllowed));
        using var answer = await server.PostAsync(
            "/v1/events" + query, "application/json", "{}"u8.ToArray(), authorization is null ? [] : [("Authorization", authorization)]);
        Assert.Equal(status, (int)answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("secret-1", text, StringComparison.Ordinal);
    }

    private static string Attribute(StoredEvent stored, string name) =>
        Encoding.UTF8.GetString(stored.Attributes.Find(Encoding.ASCII.GetBytes(name)));

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
