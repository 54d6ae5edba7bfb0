using System.IO.Compression;
using System.Text;
using Ingest.Health;
using Ingest.Intake.Dialects;
using Ingest.Intake.Dialects.Amplitude;
using Ingest.Intake.Dialects.Datadog;
using Ingest.Intake.Dialects.Firehose;
using Ingest.Intake.Dialects.Loki;
using Ingest.Intake.Dialects.PostHog;
using Ingest.Intake.Dialects.Sentry;
using Ingest.Intake.Dialects.Seq;
using Ingest.Intake.Dialects.Snowplow;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>The dialects that are a path, a reader and a few words: what they store, and what they answer.</summary>
public sealed class SmallDialectsTests
{
    private static readonly IDialect[] Dialects =
    [
        new SeqDialect(), new DatadogDialect(), new PostHogDialect(), new FirehoseDialect(), new LokiDialect(), new SnowplowDialect(),
        new AmplitudeDialect(), new SentryDialect(),
    ];

    [Theory]
    [InlineData("seq", "/api/events/raw", "{\"@t\":1}\n{\"@t\":2}\r\n", 201, "{\"@t\":1}|{\"@t\":2}")]
    [InlineData("seq", "/ingest/clef", "{\"Events\":[{\"a\":1},{\"b\":2}]}", 201, "{\"a\":1}|{\"b\":2}")]
    [InlineData("seq", "/ingest/clef", "{\"@t\":1}\nx", 400, "")]
    [InlineData("seq", "/ingest/clef", "", 400, "")]
    [InlineData("datadog", "/api/v2/logs", "[{\"message\":\"a\"}, {\"message\":\"b\"}]", 202, "{\"message\":\"a\"}|{\"message\":\"b\"}")]
    [InlineData("datadog", "/v1/input/key", "{\"message\":\"a\"}", 202, "{\"message\":\"a\"}")]
    [InlineData("datadog", "/v1/input", "one\ntwo", 202, "one|two")]
    [InlineData("datadog", "/api/v2/logs", "[{]", 400, "")]
    [InlineData("posthog", "/batch/", "{\"api_key\":\"k\",\"batch\":[{\"event\":\"a\"},{\"event\":\"b\"}]}", 200,
        "{\"event\":\"a\"}|{\"event\":\"b\"}")]
    [InlineData("posthog", "/e/?retry_count=1", "{\"event\":\"a\",\"token\":\"k\"}", 200, "{\"event\":\"a\",\"token\":\"k\"}")]
    [InlineData("posthog", "/capture", "[{\"event\":\"a\"}]", 200, "{\"event\":\"a\"}")]
    [InlineData("posthog", "/batch", "{\"batch\":[1]}", 400, "")]
    [InlineData("firehose", "/v1/firehose", "{\"requestId\":\"r\",\"records\":[{\"data\":\"eyJhIjoxfQ==\"},{\"data\":\"Mg==\"}]}", 200,
        "{\"a\":1}|2")]
    [InlineData("firehose", "/v1/firehose", "{\"records\":[{\"data\":\"?\"}]}", 400, "")]
    [InlineData("loki", "/loki/api/v1/push", "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"x\"]]}]}", 204,
        "{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"x\"]]}")]
    [InlineData("loki", "/loki/api/v1/push", "{\"streams\":{}}", 400, "")]
    [InlineData("firehose", "/v1/firehose", "{\"records\":[{\"data\":\"Pz8\\/\"}]}", 200, "???")]
    [InlineData("snowplow", "/com.snowplowanalytics.snowplow/tp2", "{\"schema\":\"s\",\"data\":[{\"e\":\"pv\"},{\"e\":\"se\"}]}", 200,
        "{\"e\":\"pv\"}|{\"e\":\"se\"}")]
    [InlineData("snowplow", "/com.snowplowanalytics.snowplow/tp2", "{\"data\":[1]}", 400, "")]
    [InlineData("snowplow", "/com.snowplowanalytics.snowplow/tp2", "{\"schema\":\"s\"}", 400, "")]
    [InlineData("snowplow", "/com.snowplowanalytics.snowplow/tp2", "", 400, "")]
    [InlineData("amplitude", "/2/httpapi", "{\"events\":[{\"event_type\":\"a\"}, {\"event_type\":\"b\"}],\"options\":{}}", 200,
        "{\"event_type\":\"a\"}|{\"event_type\":\"b\"}")]
    [InlineData("amplitude", "/2/httpapi", "{\"events\":[1]}", 400, "")]
    [InlineData("amplitude", "/2/httpapi", "{\"events\":[{}]}{}", 400, "")]
    [InlineData("amplitude", "/2/httpapi", "{\"api_key\":\"k\"}", 400, "")]
    [InlineData("amplitude", "/2/httpapi", "", 400, "")]
    [InlineData("sentry", "/api/42/envelope/", "{\"event_id\":\"e\"}\n{\"type\":\"event\"}\n\u0000{\n", 200,
        "{\"event_id\":\"e\"}\n{\"type\":\"event\"}\n\u0000{\n")]
    [InlineData("sentry", "/api/42/envelope", "{}", 200, "{}")]
    [InlineData("sentry", "/api/42/envelope", "[]\n{}", 400, "")]
    [InlineData("sentry", "/api/42/envelope", "{}{}\n{}", 400, "")]
    [InlineData("sentry", "/api/42/envelope", "", 400, "")]
    public async Task Bodies_are_events_byte_for_byte(string name, string path, string body, int status, string expected)
    {
        await using var server = await DialectServer.StartAsync(Find(name));
        var answer = await server.PostAsync(path, body);
        Assert.True(answer.Status == status, $"{answer.Status} {answer.Body}");
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), server.Payloads);
    }

    [Theory]
    [InlineData("seq", "/api/events/raw", 503)]
    [InlineData("datadog", "/api/v2/logs", 429)]
    [InlineData("posthog", "/batch", 503)]
    [InlineData("firehose", "/v1/firehose", 503)]
    [InlineData("loki", "/loki/api/v1/push", 429)]
    [InlineData("snowplow", "/com.snowplowanalytics.snowplow/tp2", 503)]
    [InlineData("amplitude", "/2/httpapi", 503)]
    [InlineData("sentry", "/api/42/envelope/", 503)]
    public async Task What_passes_has_the_status_its_clients_send_again_for(string name, string path, int status)
    {
        await using var server = await DialectServer.StartAsync(Find(name));
        server.Gate.Close(RefusalCode.MemoryPressure, "Because.");
        var answer = await server.PostAsync(path, "{}");
        Assert.Equal((status, "7", "memory_pressure"), (answer.Status, answer.Header("Retry-After"), answer.Header("Ingest-Code")));
    }

    [Theory]
    [InlineData("seq", "/ingest/clef", "X-Seq-ApiKey", "secret-1", "{}", 201)]
    [InlineData("seq", "/ingest/clef?apiKey=secret-1", "X-Nothing", "1", "{}", 201)]
    [InlineData("seq", "/ingest/clef", "X-Seq-ApiKey", "other", "{}", 401)]
    [InlineData("datadog", "/api/v2/logs", "DD-API-KEY", "secret-1", "{}", 202)]
    [InlineData("datadog", "/v1/input/secret-1", "X-Nothing", "1", "{}", 202)]
    [InlineData("datadog", "/api/v2/logs", "X-Nothing", "1", "{}", 403)]
    [InlineData("posthog", "/batch", "X-Nothing", "1", "{\"batch\":[],\"api_key\":\"secret-1\"}", 200)]
    [InlineData("posthog", "/e/", "X-Nothing", "1", "[{\"properties\":{\"token\":\"secret-1\"}}]", 200)]
    [InlineData("posthog", "/batch", "X-Nothing", "1", "{\"batch\":[{}],\"api_key\":\"other\"}", 401)]
    [InlineData("firehose", "/v1/firehose", "X-Amz-Firehose-Access-Key", "secret-1", "{\"records\":[]}", 200)]
    [InlineData("firehose", "/v1/firehose", "X-Nothing", "1", "{\"records\":[]}", 401)]
    [InlineData("loki", "/loki/api/v1/push", "Authorization", "Basic dXNlcjpzZWNyZXQtMQ==", "{\"streams\":[]}", 204)]
    [InlineData("amplitude", "/2/httpapi", "X-Nothing", "1", "{\"api_key\":\"secret-1\",\"events\":[]}", 200)]
    [InlineData("amplitude", "/2/httpapi", "X-Nothing", "1", "{\"api_key\":\"other\",\"events\":[{}]}", 401)]
    [InlineData("sentry", "/api/42/envelope/?sentry_version=7&sentry_key=secret-1", "X-Nothing", "1", "{}", 200)]
    [InlineData("sentry", "/api/42/envelope/", "X-Sentry-Auth", "Sentry sentry_version=7,sentry_key=secret-1", "{}", 200)]
    [InlineData("sentry", "/api/42/envelope/", "X-Sentry-Auth", "Sentry sentry_version=7, sentry_key=other", "{}", 401)]
    public async Task Keys_are_found_where_clients_put_them(string name, string path, string header, string value, string body, int status)
    {
        await using var server = await DialectServer.StartAsync(Find(name), key: "secret-1");
        Assert.Equal(status, (await server.PostAsync(path, body, (header, value))).Status);
    }

    [Fact]
    public async Task Repeats_are_told_by_uuids_and_by_the_deliverys_id()
    {
        await using var posthog = await DialectServer.StartAsync(new PostHogDialect());
        await using var firehose = await DialectServer.StartAsync(new FirehoseDialect());
        await using var amplitude = await DialectServer.StartAsync(new AmplitudeDialect());
        for (var i = 0; i < 2; i++)
        {
            await posthog.PostAsync("/batch/", $"{{\"sent_at\":{i},\"batch\":[{{\"uuid\":\"u-1\"}}]}}");
            await amplitude.PostAsync("/2/httpapi", $"{{\"client_upload_time\":{i},\"events\":[{{\"insert_id\":\"i-1\"}}]}}");
            await firehose.PostAsync(
                "/v1/firehose", $"{{\"timestamp\":{i},\"records\":[{{\"data\":\"AA==\"}}]}}", ("X-Amz-Firehose-Request-Id", "r-1"));
        }
        Assert.Single(posthog.Queue.Events);
        Assert.Single(amplitude.Queue.Events);
        Assert.Equal([0], Assert.Single(firehose.Queue.Events).Payload.ToArray());
    }

    [Fact]
    public async Task Gzip_that_no_header_tells_of_is_found_by_its_first_bytes()
    {
        await using var server = await DialectServer.StartAsync(new PostHogDialect());
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes("{\"event\":\"a\"}"), TestContext.Current.CancellationToken);
        }
        Assert.Equal(200, (await server.SendAsync("POST", "/e/", packed.ToArray(), "text/plain")).Status);
        Assert.Equal(["{\"event\":\"a\"}"], server.Payloads);
    }

    [Theory]
    [InlineData("{\"events\":[{},{}]}", "{\"code\":200,\"events_ingested\":2}")]
    [InlineData("{\"events\":1}", "\"code\":400,", "\"missing_field\":\"events\"}")]
    [InlineData("{\"events\":[],\"api_key\":\"other\"}", "\"code\":400,\"error\":\"Invalid API key: ")]
    public async Task Amplitudes_answers_have_their_code_in_the_body(string body, params string[] expected)
    {
        var isKeyed = body.Contains("api_key", StringComparison.Ordinal);
        await using var server = await DialectServer.StartAsync(new AmplitudeDialect(), key: isKeyed ? "secret-1" : null);
        var answer = await server.PostAsync("/2/httpapi", body);
        Assert.All(expected, part => Assert.Contains(part, answer.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_envelope_has_its_id_and_project_and_no_repeats()
    {
        await using var server = await DialectServer.StartAsync(new SentryDialect());
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("{\"id\":\"e-1\"}", (await server.PostAsync("/api/42/envelope/", "{\"event_id\":\"e-1\"}\n")).Body);
        }
        Assert.Equal(["42", "42"], server.Queue.Events.Select(stored => DialectServer.Attribute(stored, "sentry-project")));
    }

    [Fact]
    public async Task A_tenant_names_the_stream()
    {
        await using var server = await DialectServer.StartAsync(new LokiDialect());
        await server.PostAsync("/loki/api/v1/push", "{\"streams\":[{}]}", ("X-Scope-OrgID", "team-a"));
        Assert.Equal(["team-a"], server.Queue.Events.Select(DialectServer.Stream));
    }

    private static IDialect Find(string name) => Dialects.Single(dialect => dialect.Name == name);
}
