using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Ingest.Events;
using Ingest.Sinks;
using Ingest.Sinks.Http;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Sinks.Http;

/// <summary>The sink against a real server that misbehaves.</summary>
public sealed class HttpSinkTests : IDisposable
{
    private static readonly Guid LogId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_batch_is_one_request_with_a_line_an_event()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await OpenAsync(server);
        using var batch = TestEvents.Batch(
            41,
            TestEvents.Body("{\"a\":\n1}", key: "k", id: "id-1"),
            TestEvents.Body("plain", contentType: "text/plain", format: EventFormat.Opaque));

        AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        var request = Assert.Single(server.Requests);
        Assert.Equal(("POST", "/in", "application/x-ndjson"), (request.Method, request.Path, request.Headers["Content-Type"]));
        Assert.Equal(("41-42", "2"), (request.Headers["Ingest-Sequence"], request.Headers["Ingest-Events"]));
        var lines = request.Text.Split('\n');
        Assert.StartsWith("{\"seq\":41,\"id\":\"id-1\",\"key\":\"k\",\"time\":\"", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("\"data\":{\"a\": 1}}", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("\"type\":\"text/plain\",\"data_base64\":\"cGxhaW4=\"}", lines[1], StringComparison.Ordinal);
        Assert.Equal(("", 3), (lines[2], lines.Length));
    }

    [Fact]
    public async Task CloudEvents_are_envelopes_of_whatever_came()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await OpenAsync(server, ("Format", "CloudEventsBatch"));
        const string envelope = "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"/s\",\"type\":\"t\",\"data\":{\"x\":1.50}}";
        using var batch = TestEvents.Batch(
            7,
            TestEvents.Body(envelope, format: EventFormat.CloudEvent),
            TestEvents.Body("{\"n\":1}", contentType: "application/json", attributes: TestEvents.Attributes(
                ("ce_specversion", "1.0"), ("ce_id", "b2"), ("ce_source", "/é"), ("ce_type", "t"), ("traceparent", "00-1-2-01"))),
            TestEvents.Body("{\"n\":2}", key: "k", stream: "orders", contentType: "application/json"),
            TestEvents.Body("raw", format: EventFormat.Opaque));

        AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));

        var request = Assert.Single(server.Requests);
        Assert.Equal("application/cloudevents-batch+json", request.Headers["Content-Type"]);
        Assert.StartsWith("[" + envelope + ",{", request.Text, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(request.Body);
        var events = document.RootElement.EnumerateArray().ToList();
        Assert.Equal(("b2", "/é", "00-1-2-01", "8"), (Text(events[1], "id"), Text(events[1], "source"),
            Text(events[1], "traceparent"), Text(events[1], "ingestsequence")));
        Assert.Equal(("00112233445566778899aabbccddeeff-9", "urn:ingest:00112233445566778899aabbccddeeff:orders", "ingest.event", "k"),
            (Text(events[2], "id"), Text(events[2], "source"), Text(events[2], "type"), Text(events[2], "partitionkey")));
        Assert.Equal("{\"n\":2}", events[2].GetProperty("data").GetRawText());
        Assert.Equal("cmF3", Text(events[3], "data_base64"));
    }

    [Fact]
    public async Task Each_stream_goes_to_its_own_place()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => new DownstreamAnswer(request.Path == "/in/s1" ? 400 : 204);
        await using var sink = await OpenAsync(server, ("Url", new Uri(server.Url, "/in/") + "{stream}"));
        using var batch = TestEvents.Numbered(1, 9, streams: 3);

        var result = await sink.SendAsync(batch, Cancel);

        Assert.Equal([2L, 3, 5, 6, 8, 9], server.Taken.Order());
        Assert.All(Enumerable.Range(0, 9), i => Assert.Equal(
            (i + 1) % 3 == 1 ? VerdictKind.Rejected : VerdictKind.Delivered, result[i].Kind));
    }

    [Fact]
    public async Task The_idempotency_key_is_of_the_events_and_of_nothing_else()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 5);
        using var same = TestEvents.Numbered(1, 5);
        using var without2 = batch.Select([0, 2, 3, 4]);
        using var without3 = batch.Select([0, 1, 3, 4]);
        foreach (var each in new[] { batch, same, without2, without3 })
        {
            await sink.SendAsync(each, Cancel);
        }
        var keys = server.Requests.Select(request => request.Headers["Idempotency-Key"]).ToList();
        Assert.Equal(keys[0], keys[1]);
        Assert.Equal(3, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^\"00112233445566778899aabbccddeeff-1-5-[0-9a-f]{8}\"$", key));
    }

    [Fact]
    public async Task A_poisoned_batch_is_bisected_and_says_why()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => request.Sequences.Contains(617)
            ? new DownstreamAnswer(422, "{\"title\":\"Invalid\",\"detail\":\"total must be\\na number\"}")
            : new DownstreamAnswer(202);
        await using var sink = await OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 1000);

        var result = await sink.SendAsync(batch, Cancel);

        Assert.Equal(new SinkVerdict(VerdictKind.Rejected, "HTTP 422: total must be a number"), result[616]);
        Assert.Equal(999, Enumerable.Range(0, 1000).Count(i => result[i].Kind == VerdictKind.Delivered));
        Assert.Equal(Enumerable.Range(1, 1000).Select(n => (long)n).Where(n => n != 617), server.Taken);
        Assert.InRange(server.Requests.Count, 11, 21);
    }

    [Theory]
    [InlineData(401, VerdictKind.Blocked, "HTTP 401: no")]
    [InlineData(404, VerdictKind.Blocked, "HTTP 404: no")]
    [InlineData(413, VerdictKind.Rejected, "HTTP 413: no")]
    [InlineData(429, VerdictKind.Congested, "HTTP 429: no")]
    [InlineData(500, VerdictKind.Retryable, "HTTP 500: no")]
    [InlineData(503, VerdictKind.Retryable, "HTTP 503: no")]
    public async Task A_status_is_a_verdict(int status, VerdictKind kind, string reason)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(status, "no") { ContentType = "text/plain" };
        await using var sink = await OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 2);
        var result = await sink.SendAsync(batch, Cancel);
        AllAre(kind, result);
        Assert.Equal(reason, result[0].Reason);
        Assert.Equal(kind == VerdictKind.Rejected ? 3 : 1, server.Requests.Count);
    }

    [Fact]
    public async Task Retry_after_is_seconds_or_a_date_and_makes_it_congestion()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await OpenAsync(server);
        var inAMinute = TimeProvider.System.GetUtcNow().AddSeconds(60).ToString("R", CultureInfo.InvariantCulture);
        (string, double, double)[] cases =
            [("7", 7, 7), (inAMinute, 20, 60), ("Sun, 06 Nov 1994 08:49:37 GMT", 0, 0), ("soon", 0, 0)];
        foreach (var (value, from, to) in cases)
        {
            server.Answer = _ => new DownstreamAnswer(503) { Headers = new Dictionary<string, string> { ["Retry-After"] = value } };
            using var batch = TestEvents.Numbered(1, 1);
            var verdict = (await sink.SendAsync(batch, Cancel))[0];
            Assert.Equal(to > 0 ? VerdictKind.Congested : VerdictKind.Retryable, verdict.Kind);
            Assert.InRange(verdict.RetryAfter?.TotalSeconds ?? 0, from, to);
        }
    }

    [Fact]
    public async Task Redirects_are_not_followed_and_not_blamed_on_events()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(307) { Headers = new Dictionary<string, string> { ["Location"] = "/elsewhere?token=x" } };
        await using var sink = await OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 1);
        var verdict = (await sink.SendAsync(batch, Cancel))[0];
        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains("/elsewhere", verdict.Reason, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(DownstreamFault.Reset)]
    [InlineData(DownstreamFault.Hang)]
    public async Task No_answer_is_retryable(DownstreamFault fault)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(204) { Fault = fault };
        await using var sink = await OpenAsync(server, ("RequestTimeout", "00:00:00.300"));
        using var batch = TestEvents.Numbered(1, 3);
        AllAre(VerdictKind.Retryable, await sink.SendAsync(batch, Cancel));
        server.Answer = null;
        AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
    }

    [Fact]
    public async Task Nobody_there_is_retryable()
    {
        await using var sink = await OpenAsync(null, ("Url", $"http://127.0.0.1:{FreePort.Next()}/"));
        using var batch = TestEvents.Numbered(1, 1);
        AllAre(VerdictKind.Retryable, await sink.SendAsync(batch, Cancel));
    }

    [Fact]
    public async Task What_was_decided_before_the_attempt_ended_stays_decided()
    {
        await using var server = await HttpDownstream.StartAsync();
        using var attempt = new CancellationTokenSource();
        server.Answer = request =>
        {
            if (request.Sequences[0] > 50)
            {
                attempt.Cancel();
                return new DownstreamAnswer(204) { Fault = DownstreamFault.Hang };
            }
            return new DownstreamAnswer(request.Sequences.Contains(50) ? 400 : 204);
        };
        await using var sink = await OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 100);

        var result = await sink.SendAsync(batch, attempt.Token);

        Assert.All(Enumerable.Range(0, 49), i => Assert.Equal(VerdictKind.Delivered, result[i].Kind));
        Assert.Equal(VerdictKind.Rejected, result[49].Kind);
        Assert.All(Enumerable.Range(50, 50), i => Assert.Equal(VerdictKind.Retryable, result[i].Kind));
    }

    // Each attempt has time for one answer.
    [Fact]
    public async Task A_slow_receiver_gets_to_the_guilty_event_attempt_by_attempt()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 16);
        var left = batch;
        var rejected = new List<long>();
        for (var tries = 0; tries < 40 && left.Count > 0; tries++)
        {
            using var attempt = new CancellationTokenSource();
            var asked = 0;
            server.Answer = request =>
            {
                if (asked++ > 0)
                {
                    attempt.Cancel();
                    return new DownstreamAnswer(204) { Fault = DownstreamFault.Hang };
                }
                return new DownstreamAnswer(request.Sequences.Contains(7) ? 400 : 204);
            };
            var result = await sink.SendAsync(left, attempt.Token);
            var sent = left;
            rejected.AddRange(Enumerable.Range(0, sent.Count).Where(i => result[i].Kind == VerdictKind.Rejected).Select(sent.SequenceAt));
            left = sent.Select(Enumerable.Range(0, sent.Count).Where(i => result[i].Kind == VerdictKind.Retryable));
            sent.Dispose();
        }
        left.Dispose();
        Assert.Equal([7L], rejected);
        Assert.Equal(Enumerable.Range(1, 16).Select(n => (long)n).Where(n => n != 7), server.Taken);
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read_to_its_end()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(400, new string('x', 64 * 1024)) { ContentType = "text/plain", Repeats = 100_000 };
        await using var sink = await OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 1);
        var verdict = (await sink.SendAsync(batch, Cancel))[0];
        Assert.Equal(VerdictKind.Rejected, verdict.Kind);
        Assert.InRange(verdict.Reason.Length, 300, 320);
    }

    [Theory]
    [InlineData("{\"error\":{\"deep\":1}}", "application/json", "HTTP 400")]
    [InlineData("{\"message\":\"m\",\"title\":\"t\"}", "application/json; charset=utf-8", "HTTP 400: t")]
    [InlineData("\"text\"", "application/json", "HTTP 400: text")]
    [InlineData("{\"error\"", "application/json", "HTTP 400")]
    [InlineData("<html>no</html>", "text/html", "HTTP 400")]
    [InlineData("", "text/plain", "HTTP 400")]
    public async Task A_reason_is_a_sentence_or_nothing(string body, string type, string reason)
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = _ => new DownstreamAnswer(400, body) { ContentType = type };
        await using var sink = await OpenAsync(server);
        using var batch = TestEvents.Numbered(1, 1);
        Assert.Equal(reason, (await sink.SendAsync(batch, Cancel))[0].Reason);
    }

    [Fact]
    public async Task The_token_is_read_anew_when_it_is_not_taken()
    {
        await using var server = await HttpDownstream.StartAsync();
        server.Answer = request => new DownstreamAnswer(request.Headers.GetValueOrDefault("Authorization") == "Bearer new" ? 204 : 401);
        await System.IO.File.WriteAllTextAsync(_directory["token"], "old\n", Cancel);
        await using var sink = await OpenAsync(server, ("BearerFile", _directory["token"]));
        using var batch = TestEvents.Numbered(1, 1);
        AllAre(VerdictKind.Blocked, await sink.SendAsync(batch, Cancel));

        await System.IO.File.WriteAllTextAsync(_directory["token"], "new\n", Cancel);
        AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
        System.IO.File.Delete(_directory["token"]);
        AllAre(VerdictKind.Delivered, await sink.SendAsync(batch, Cancel));
    }

    [Fact]
    public async Task Without_its_files_the_sink_does_not_open()
    {
        await using var sink = Create(null, ("Url", "http://127.0.0.1:1/"), ("BearerFile", _directory["none"]));
        var verdict = await sink.OpenAsync(Cancel);
        Assert.Equal(VerdictKind.Blocked, verdict.Kind);
        Assert.Contains("none", verdict.Reason, StringComparison.Ordinal);
        await System.IO.File.WriteAllTextAsync(_directory["weak"], "short", Cancel);
        await using var weak = Create(null, ("Url", "http://127.0.0.1:1/"), ("SigningFile", _directory["weak"]));
        Assert.Contains("fewer than 16", (await weak.OpenAsync(Cancel)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_secret_signs_time_and_body()
    {
        await using var server = await HttpDownstream.StartAsync();
        string[] secrets = ["0123456789abcdef", "fedcba9876543210"];
        await System.IO.File.WriteAllLinesAsync(_directory["secrets"], secrets, Cancel);
        await using var sink = await OpenAsync(server, ("SigningFile", _directory["secrets"]));
        using var batch = TestEvents.Numbered(1, 10);
        await sink.SendAsync(batch, Cancel);

        var request = Assert.Single(server.Requests);
        var parts = request.Headers["Ingest-Signature"].Split(',');
        var time = parts[0]["t=".Length..];
        Assert.InRange(
            TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - long.Parse(time, CultureInfo.InvariantCulture), 0, 300);
        byte[] signed = [.. Encoding.ASCII.GetBytes(time + "."), .. request.Body];
        Assert.Equal(
            secrets.Select(secret => "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))),
            parts[1..]);
    }

    [Fact]
    public async Task A_trace_goes_on_when_all_events_belong_to_it()
    {
        await using var server = await HttpDownstream.StartAsync();
        await using var sink = await OpenAsync(server);
        var one = TestEvents.Attributes(("traceparent", "00-1-2-01"), ("tracestate", "a=b"));
        var other = TestEvents.Attributes(("traceparent", "00-3-4-01"));
        using var same = TestEvents.Batch(1, TestEvents.Body("1", attributes: one), TestEvents.Body("2", attributes: one));
        using var mixed = TestEvents.Batch(3, TestEvents.Body("1", attributes: one), TestEvents.Body("2", attributes: other));
        await sink.SendAsync(same, Cancel);
        await sink.SendAsync(mixed, Cancel);
        Assert.Equal(("00-1-2-01", "a=b"), (server.Requests[0].Headers["traceparent"], server.Requests[0].Headers["tracestate"]));
        Assert.DoesNotContain("traceparent", server.Requests[1].Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Both_sides_show_certificates_and_a_stranger_is_blocked()
    {
        using var authority = Certificate("CN=test authority", issuer: null);
        using var server = Certificate("CN=localhost", authority);
        using var client = Certificate("CN=client", authority);
        await System.IO.File.WriteAllTextAsync(_directory["trust.pem"], authority.ExportCertificatePem(), Cancel);
        await System.IO.File.WriteAllTextAsync(_directory["client.pem"], client.ExportCertificatePem(), Cancel);
        await System.IO.File.WriteAllTextAsync(_directory["key.pem"], client.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancel);
        await using var downstream = await HttpDownstream.StartAsync(server, shown => shown.Thumbprint == client.Thumbprint);
        using var batch = TestEvents.Numbered(1, 3);

        await using var known = await OpenAsync(
            downstream,
            ("CertificatePath", _directory["client.pem"]),
            ("CertificateKeyPath", _directory["key.pem"]),
            ("TrustPath", _directory["trust.pem"]));
        AllAre(VerdictKind.Delivered, await known.SendAsync(batch, Cancel));
        await using var trustless = await OpenAsync(
            downstream, ("CertificatePath", _directory["client.pem"]), ("CertificateKeyPath", _directory["key.pem"]));
        AllAre(VerdictKind.Blocked, await trustless.SendAsync(batch, Cancel));
        Assert.Equal([1L, 2, 3], downstream.Taken);
    }

    [Theory]
    [InlineData("Url", "")]
    [InlineData("Url", "example.com/in")]
    [InlineData("Url", "ftp://example.com/in")]
    [InlineData("Url", "http://{stream}.example.com/")]
    [InlineData("Url", "http://user:secret@example.com/")]
    [InlineData("Url", "http://example.com/{topic}")]
    [InlineData("Statuses:4711", "Rejected")]
    [InlineData("Statuses:404", "Maybe")]
    [InlineData("BatchEventsMax", "0")]
    [InlineData("CertificateKeyPath", "/key.pem")]
    public void Wrong_settings_are_refused_with_their_place(string key, string value)
    {
        var wrong = Assert.Throws<InvalidOperationException>(() => Create(null, ("Url", "http://example.com/{stream}"), (key, value)));
        Assert.Contains("Sinks:Http", wrong.Message, StringComparison.Ordinal);
    }

    private async Task<ISink> OpenAsync(HttpDownstream? server, params (string Key, string Value)[] settings)
    {
        var sink = Create(server, settings);
        Assert.Equal(SinkVerdict.Delivered, await sink.OpenAsync(Cancel));
        return sink;
    }

    private ISink Create(HttpDownstream? server, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>();
        foreach (var (key, value) in server is null ? settings : [("Url", new Uri(server.Url, "/in").ToString()), .. settings])
        {
            all[key] = value;
        }
        return new HttpSinkFactory().Create(new SinkSetup(
            "http",
            TestSettings.Section("Sinks:Http", [.. all.Select(pair => (pair.Key, pair.Value))]),
            _directory.Path,
            LogId,
            TimeProvider.System,
            NullLoggerFactory.Instance));
    }

    private static void AllAre(VerdictKind kind, SinkResult result)
    {
        for (var i = 0; i < result.PerEvent!.Count; i++)
        {
            Assert.True(kind == result[i].Kind, $"event {i}: {result[i]}");
        }
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static X509Certificate2 Certificate(string name, X509Certificate2? issuer)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(issuer is null, false, 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        if (issuer is null)
        {
            return request.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        }
        using var signed = request.Create(issuer, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        // Kestrel wants a key that is not of the moment alone.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
