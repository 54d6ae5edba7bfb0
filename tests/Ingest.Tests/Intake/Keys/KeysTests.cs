using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Keys;

/// <summary>Keys decide who may send, to which streams, and how much.</summary>
public sealed class KeysTests : IDisposable
{
    private const string Json = "application/json";

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTime _time = new();

    [Theory]
    [InlineData("Authorization", "Bearer k-shop", true)]
    [InlineData("Authorization", "bearer  k-shop ", true)]
    [InlineData("X-Api-Key", "k-shop", true)]
    [InlineData("Authorization", "Basic ay1zaG9wOg==", true)]
    [InlineData("Authorization", "Basic ay1zaG9wOmlnbm9yZWQ=", true)]
    [InlineData("Authorization", "Bearer k-shopp", false)]
    [InlineData("Authorization", "Bearer K-SHOP", false)]
    [InlineData("Authorization", "Bearer ", false)]
    [InlineData("Authorization", "Basic ay1zaG9w", false)]
    [InlineData("Authorization", "Basic ???", false)]
    [InlineData("Authorization", "Digest k-shop", false)]
    [InlineData("X-Api-Key", "", false)]
    [InlineData("X-Other", "k-shop", false)]
    public async Task A_key_is_taken_in_three_forms_and_no_other_key_is(string header, string value, bool known)
    {
        await using var server = await StartAsync("""{"keys":[{"name":"shop","sha256":"$k-shop"}]}""");
        var response = await server.PostAsync("/v1/events", Json, "1"u8.ToArray(), (header, value));
        if (known)
        {
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            return;
        }
        await IntakeServer.ProblemAsync(response, HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal(["Bearer", "Basic"], response.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme));
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task Without_a_key_only_those_are_let_in_whom_the_settings_let_in()
    {
        await using var open = await StartAsync("""{"keys":[{"name":"shop","sha256":"$k-shop"}]}""", anonymous: true);
        Assert.Equal(HttpStatusCode.Accepted, (await open.PostAsync("/v1/events", Json, "1")).StatusCode);
        var wrong = await open.PostAsync("/v1/events", Json, "1"u8.ToArray(), ("X-Api-Key", "other"));
        await IntakeServer.ProblemAsync(wrong, HttpStatusCode.Unauthorized, "unauthenticated");

        await using var closed = await StartAsync("""{"keys":[]}""");
        await IntakeServer.ProblemAsync(await closed.PostAsync("/v1/events", Json, "1"), HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_key_sends_to_its_streams_and_no_others()
    {
        await using var server = await StartAsync("""
            {"keys":[{"name":"shop","sha256":"$k-shop","streams":["orders"]},{"name":"ops","sha256":"$k-ops","streams":["*"]}]}
            """);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "k-shop", "1", "/v1/streams/orders/events")).StatusCode);
        await IntakeServer.ProblemAsync(await PostAsync(server, "k-shop", "1"), HttpStatusCode.Forbidden, "forbidden");
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "k-ops", "1")).StatusCode);
    }

    [Theory]
    [InlineData("\"eventsPerSecond\":2,\"burstSeconds\":1", "1", 2)]
    [InlineData("\"eventsPerSecond\":10,\"burstSeconds\":1", "[1,2,3,4,5]", 2)]
    [InlineData("\"bytesPerSecond\":100,\"burstSeconds\":1", "\"123456789012345678901234567890\"", 4)]
    [InlineData("\"eventsPerSecond\":0.1,\"burstSeconds\":1", "1", 1)]
    public async Task Beyond_its_quota_a_key_is_told_when_to_come_back_and_then_succeeds(string quota, string body, int taken)
    {
        await using var server = await StartAsync($$"""{"keys":[{"name":"shop","sha256":"$k-shop",{{quota}}}]}""");
        for (var round = 0; round < 3; round++)
        {
            HttpResponseMessage response;
            var accepted = 0;
            while ((response = await PostAsync(server, "k-shop", body)).StatusCode == HttpStatusCode.Accepted)
            {
                accepted++;
            }
            Assert.True(round > 0 || accepted == taken, $"{accepted}");
            await IntakeServer.ProblemAsync(response, HttpStatusCode.TooManyRequests, "rate_limited");
            var wait = response.Headers.RetryAfter!.Delta!.Value;
            Assert.True(wait >= TimeSpan.FromSeconds(1));
            _time.Advance(wait);
            Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "k-shop", body)).StatusCode);
        }
    }

    [Fact]
    public async Task A_batch_larger_than_the_burst_passes_and_is_paid_for()
    {
        await using var server = await StartAsync(
            """{"keys":[{"name":"shop","sha256":"$k-shop","eventsPerSecond":10,"burstSeconds":1}]}""");
        var batch = "[" + string.Join(',', Enumerable.Range(0, 200)) + "]";
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "k-shop", batch)).StatusCode);
        var refused = await PostAsync(server, "k-shop", "1");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 19, 20);
        _time.Advance(refused.Headers.RetryAfter.Delta.Value);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "k-shop", batch)).StatusCode);
    }

    [Fact]
    public async Task One_key_at_its_limit_takes_nothing_from_another()
    {
        await using var server = await StartAsync("""
            {"keys":[{"name":"a","sha256":"$a","eventsPerSecond":1,"burstSeconds":1},
                     {"name":"b","sha256":"$b","eventsPerSecond":1,"burstSeconds":1}]}
            """);
        await PostAsync(server, "a", "1");
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(server, "a", "1")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "b", "1")).StatusCode);
    }

    [Fact]
    public async Task A_refusal_for_the_quota_does_not_wait_for_the_body()
    {
        await using var server = await StartAsync("""{"keys":[{"name":"a","sha256":"$a","eventsPerSecond":1,"burstSeconds":1}]}""");
        await PostAsync(server, "a", "1");
        using var raw = await RawText.OpenAsync(server.Address);
        await raw.SendAsync("POST /v1/events HTTP/1.1\r\nHost: x\r\nX-Api-Key: a\r\nContent-Length: 1000\r\n\r\n");
        var answer = await raw.ReadAsync(text => text.EndsWith('}'));
        Assert.StartsWith("HTTP/1.1 429 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_file_is_taken_over_and_a_broken_one_is_not()
    {
        using var logs = new CollectedLogs();
        await using var server = await StartAsync(
            """{"keys":[{"name":"a","sha256":"$a","eventsPerSecond":1,"burstSeconds":1}]}""", logs: logs);
        await PostAsync(server, "a", "1");
        Write("""{"keys":[{"name":"a","sha256":"$a","eventsPerSecond":1,"burstSeconds":1},{"name":"b","sha256":"$b"}]}""");
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(server, "b", "1")).StatusCode);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "b", "1")).StatusCode);
        // The quota of a key that did not change is not given anew.
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(server, "a", "1")).StatusCode);

        foreach (var broken in new[] { "{", """{"keys":[{"name":"x"}]}""" })
        {
            Write(broken);
            _time.Advance(TimeSpan.FromMilliseconds(500));
            Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "b", "1")).StatusCode);
        }
        Assert.Equal(2, logs.Lines.Count(line => line.Contains(" 1003 ", StringComparison.Ordinal)));

        Write("""{"keys":[]}""");
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(server, "b", "1")).StatusCode);
    }

    [Fact]
    public async Task Keys_of_one_producer_do_not_touch_the_idempotency_of_another()
    {
        await using var server = await StartAsync("""{"keys":[{"name":"a","sha256":"$a"},{"name":"b","sha256":"$b"}]}""");
        foreach (var key in new[] { "a", "b" })
        {
            var body = Encoding.ASCII.GetBytes($"\"{key}\"");
            var response = await server.PostAsync("/v1/events", Json, body, ("X-Api-Key", key), ("Idempotency-Key", "1"));
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }
        Assert.Equal(2, server.Queue.Events.Count);
    }

    public void Dispose() => _directory.Dispose();

    private Task<IntakeServer> StartAsync(string keys, bool anonymous = false, CollectedLogs? logs = null)
    {
        Write(keys);
        return IntakeServer.StartAsync(
            options => (options.KeysFile, options.KeysFilePoll, options.Anonymous) =
                (_directory["keys.json"], TimeSpan.FromMilliseconds(100), anonymous),
            time: _time,
            logs: logs);
    }

    /// <summary>Writes the file; <c>"$key"</c> stands for the digest of <c>key</c>.</summary>
    private void Write(string keys) => File.WriteAllText(_directory["keys.json"], System.Text.RegularExpressions.Regex.Replace(
        keys,
        "\"\\$([^\"]+)\"",
        match => $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(match.Groups[1].Value)))}\""));

    private static Task<HttpResponseMessage> PostAsync(IntakeServer server, string key, string body, string path = "/v1/events") =>
        server.PostAsync(path, Json, Encoding.UTF8.GetBytes(body), ("X-Api-Key", key));
}
