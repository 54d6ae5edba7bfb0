using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ingest.Health.Policy;
using Ingest.Testing;

namespace Ingest.Tests.Intake;

/// <summary>What the operator's policy does to single requests.</summary>
public sealed class PolicyTests : IDisposable
{
    private const string Json = "application/json";

    private readonly FakeTime _time = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_stream_that_is_switched_off_refuses_and_the_others_do_not()
    {
        await using var server = await StartAsync("""{"streams":{"orders":{"enabled":false}}}""");
        var refused = await server.PostAsync("/v1/streams/orders/events", Json, "1");
        await IntakeServer.ProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "policy_refused");
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/streams/clicks/events", Json, "1")).StatusCode);

        server.Gate.Policy = Policy("{}");
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/streams/orders/events", Json, "1")).StatusCode);
    }

    [Fact]
    public async Task A_limit_counts_the_events_of_a_batch_and_says_when_it_is_paid_off()
    {
        await using var server = await StartAsync("""{"rateLimit":10}""");
        var batch = "[" + string.Join(',', Enumerable.Range(0, 30)) + "]";
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/events", Json, batch)).StatusCode);
        var refused = await server.PostAsync("/v1/events", Json, "1");
        await IntakeServer.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "rate_limited");
        var wait = refused.Headers.RetryAfter!.Delta!.Value;
        Assert.Equal(3, wait.TotalSeconds);
        _time.Advance(wait);
        Assert.Equal(HttpStatusCode.Accepted, (await server.PostAsync("/v1/events", Json, "1")).StatusCode);
        Assert.Equal(31, server.Queue.Events.Count);
    }

    [Fact]
    public async Task A_rule_for_a_key_is_for_that_key_alone_and_takes_nothing_from_its_quota()
    {
        await using var server = await StartAsync("""{"keys":{"shop":{"rateLimit":2}}}""", """
            {"keys":[{"name":"shop","sha256":"$k-shop","eventsPerSecond":4,"burstSeconds":1},{"name":"ops","sha256":"$k-ops"}]}
            """);
        Assert.Equal("202 202 429 429 429 429", await SendAsync(server, "k-shop", 6));
        Assert.Equal("202 202 202", await SendAsync(server, "k-ops", 3));
        // Of the quota's four tokens two are left: what the policy refused was given back.
        server.Gate.Policy = Policy("{}");
        Assert.Equal("202 202 429", await SendAsync(server, "k-shop", 3));
    }

    private static async Task<string> SendAsync(IntakeServer server, string key, int times)
    {
        var statuses = new int[times];
        for (var time = 0; time < times; time++)
        {
            using var response = await server.PostAsync("/v1/events", Json, "1"u8.ToArray(), ("X-Api-Key", key));
            statuses[time] = (int)response.StatusCode;
        }
        return string.Join(' ', statuses);
    }

    private async Task<IntakeServer> StartAsync(string policy, string? keys = null)
    {
        var server = await IntakeServer.StartAsync(
            options =>
            {
                if (keys is not null)
                {
                    File.WriteAllText(_directory["keys.json"], Digests(keys));
                    options.KeysFile = _directory["keys.json"];
                }
            },
            time: _time);
        server.Gate.Policy = Policy(policy);
        return server;
    }

    private OperatorPolicy Policy(string json)
    {
        Assert.Null(PolicyDocument.Parse(Encoding.UTF8.GetBytes(json), out var document));
        return new OperatorPolicy(document, _time, before: null);
    }

    private static string Digests(string keys)
    {
        foreach (var key in new[] { "k-shop", "k-ops" })
        {
            var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
            keys = keys.Replace("$" + key, digest, StringComparison.Ordinal);
        }
        return keys;
    }
}
