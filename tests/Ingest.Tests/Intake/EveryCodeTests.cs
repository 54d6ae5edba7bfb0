using System.Net;
using System.Text;
using Ingest.Health;
using Ingest.Intake;
using Ingest.Intake.Http;
using Ingest.Queue;
using Ingest.Testing;

namespace Ingest.Tests.Intake;

/// <summary>Every code there is, provoked over HTTP.</summary>
public sealed class EveryCodeTests : IDisposable
{
    private const string Json = "application/json";
    private static readonly Dictionary<string, Func<EveryCodeTests, Task<HttpResponseMessage>>> Provocations = new()
    {
        ["malformed_json"] = test => test.PostAsync("{"),
        ["empty_body"] = test => test.PostAsync(""),
        ["invalid_cloudevent"] = test => test.PostAsync("{}", "application/cloudevents+json"),
        ["bad_encoding"] = test => test.PostAsync("{}", Json, ("Content-Encoding", "gzip")),
        ["bad_request"] = test => test.PostAsync("{}", Json, ("Ingest-Key", new string('k', 1025))),
        ["unauthenticated"] = test => test.PostAsync("{}", configure: test.WithKeys),
        ["forbidden"] = test => test.PostAsync("{}", configure: test.WithKeys, headers: ("X-Api-Key", "limited")),
        ["unknown_stream"] = test => test.PostAsync("{}", configure: options => options.Streams = ["other"]),
        ["unknown_path"] = test => test.SendAsync(HttpMethod.Post, "/v2/events"),
        ["method_not_allowed"] = test => test.SendAsync(HttpMethod.Get, "/v1/events"),
        ["body_timeout"] = test => test.SlowAsync(),
        ["idempotency_conflict"] = test => test.ConflictAsync(),
        ["sequence_gap"] = test => test.NumberedAsync("p;1;0", "p;1;2"),
        ["sequence_conflict"] = test => test.NumberedAsync("p;1;0", "p;1;0"),
        ["producer_fenced"] = test => test.NumberedAsync("p;2;0", "p;1;1"),
        ["unknown_producer"] = test => test.NumberedAsync("p;1;0", "q;1;1"),
        ["producers_exhausted"] = test => test.NumberedAsync("p;1;0", "q;1;0", options => options.ProducersMax = 1),
        ["event_too_large"] = test => test.PostAsync(
            "\"" + new string('x', 1024) + "\"", configure: options => options.EventBytesMax = 1024),
        ["batch_too_large"] = test => test.PostAsync("[" + new string(' ', 1024) + "1]", configure: options => options.BodyBytesMax = 1024),
        ["too_many_events"] = test => test.PostAsync("[1,2]", configure: options => options.EventsPerRequestMax = 1),
        ["unsupported_media_type"] = test => test.PostAsync("{}", "application/xml"),
        ["unsupported_encoding"] = test => test.PostAsync("{}", Json, ("Content-Encoding", "compress")),
        ["expectation_failed"] = test => test.PostAsync("{}", Json, ("Expect", "banana")),
        ["streams_exhausted"] = test => test.ExhaustAsync(),
        ["rate_limited"] = test => test.RateLimitedAsync(),
        ["internal_error"] = test => test.PostAsync(
            "{}", prepare: server => server.Queue.Ready = Task.FromException(new InvalidCastException())),
        ["verifier_unavailable"] = test => test.PostAsync(
            "{}", Json, [("Authorization", "Bearer x")], options => options.IntrospectionUrl = $"http://127.0.0.1:{FreePort.Next()}"),
        ["starting"] = test => test.ClosedAsync(RefusalCode.Starting),
        ["log_failed"] = test => test.PostAsync("{}", prepare: server => server.Queue.Refusal = CommitStatus.LogFailed),
        ["draining"] = test => test.ClosedAsync(RefusalCode.Draining),
        ["policy_refused"] = test => test.ClosedAsync(RefusalCode.PolicyRefused),
        ["memory_pressure"] = test => test.ClosedAsync(RefusalCode.MemoryPressure),
        ["disk_pressure"] = test => test.PostAsync("{}", prepare: server => server.Queue.Refusal = CommitStatus.DiskFull),
        ["overloaded"] = test => test.PostAsync("{}", prepare: server => server.Queue.Refusal = CommitStatus.Overloaded),
    };

    private readonly TemporaryDirectory _directory = new();
    private readonly List<IntakeServer> _servers = [];

    public static TheoryData<string> Codes { get; } = [.. ProblemKind.All.Select(kind => kind.Code)];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task A_code_has_a_cause_and_an_answer_that_says_it(string code)
    {
        Assert.True(Provocations.TryGetValue(code, out var provoke), $"Nothing here provokes {code}.");
        try
        {
            var answer = await provoke(this);
            var status = ProblemKind.All.Single(kind => kind.Code == code).Status;
            await IntakeServer.ProblemAsync(answer, (HttpStatusCode)status, code);
            Assert.True(answer.Headers.Contains("X-Request-Id"));
            Assert.Equal(status is 429 or 503, answer.Headers.RetryAfter is { Delta.TotalSeconds: >= 1 });
        }
        finally
        {
            foreach (var server in _servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private async Task<HttpResponseMessage> ExhaustAsync()
    {
        var server = await StartAsync(options => options.StreamsMax = 1);
        return await server.PostAsync("/v1/streams/second/events", Json, "{}");
    }

    private async Task<IntakeServer> StartAsync(Action<IntakeOptions>? configure = null)
    {
        var server = await IntakeServer.StartAsync(configure);
        _servers.Add(server);
        return server;
    }

    private async Task<HttpResponseMessage> PostAsync(
        string body,
        string type = Json,
        (string, string)[]? headers = null,
        Action<IntakeOptions>? configure = null,
        Action<IntakeServer>? prepare = null)
    {
        var server = await StartAsync(configure);
        prepare?.Invoke(server);
        return await server.PostAsync("/v1/events", type, Encoding.UTF8.GetBytes(body), headers ?? []);
    }

    private Task<HttpResponseMessage> PostAsync(string body, string type, (string, string) header) => PostAsync(body, type, [header]);

    private Task<HttpResponseMessage> PostAsync(string body, Action<IntakeOptions> configure, (string, string) headers) =>
        PostAsync(body, Json, [headers], configure);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path)
    {
        var server = await StartAsync();
        return await server.Client.SendAsync(new HttpRequestMessage(method, path), TestContext.Current.CancellationToken);
    }

    private Task<HttpResponseMessage> ClosedAsync(RefusalCode code) =>
        PostAsync("{}", prepare: server => server.Gate.Close(code, "Because."));

    private async Task<HttpResponseMessage> SlowAsync()
    {
        var server = await StartAsync(options => options.BodyDeadline = TimeSpan.FromMilliseconds(200));
        var text = await server.SendRawAsync(Encoding.ASCII.GetBytes("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"));
        var lines = text.Split("\r\n");
        var answer = new HttpResponseMessage((HttpStatusCode)int.Parse(lines[0].Split(' ')[1])) { Content = new StringContent(lines[^1]) };
        answer.Content.Headers.ContentType = null;
        foreach (var header in lines[1..^2].Select(line => line.Split(": ", 2)))
        {
            _ = answer.Headers.TryAddWithoutValidation(header[0], header[1])
                || answer.Content.Headers.TryAddWithoutValidation(header[0], header[1]);
        }
        return answer;
    }

    private async Task<HttpResponseMessage> ConflictAsync()
    {
        var server = await StartAsync();
        await server.PostAsync("/v1/events", Json, "1"u8.ToArray(), ("Idempotency-Key", "a"));
        return await server.PostAsync("/v1/events", Json, "2"u8.ToArray(), ("Idempotency-Key", "a"));
    }

    private async Task<HttpResponseMessage> NumberedAsync(string first, string second, Action<IntakeOptions>? configure = null)
    {
        var server = await StartAsync(configure);
        await server.PostAsync("/v1/events", Json, "1"u8.ToArray(), ("Ingest-Producer", first));
        return await server.PostAsync("/v1/events", Json, "2"u8.ToArray(), ("Ingest-Producer", second));
    }

    private async Task<HttpResponseMessage> RateLimitedAsync()
    {
        var server = await StartAsync(WithKeys);
        HttpResponseMessage answer;
        do
        {
            answer = await server.PostAsync("/v1/streams/slow/events", Json, "[1,2,3]"u8.ToArray(), ("X-Api-Key", "limited"));
        }
        while (answer.StatusCode == HttpStatusCode.Accepted);
        return answer;
    }

    private void WithKeys(IntakeOptions options)
    {
        var digest = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData("limited"u8));
        var path = _directory["keys.json"];
        File.WriteAllText(
            path, $$"""{"keys":[{"name":"a","sha256":"{{digest}}","streams":["slow"],"eventsPerSecond":1,"burstSeconds":1}]}""");
        options.KeysFile = path;
    }
}
