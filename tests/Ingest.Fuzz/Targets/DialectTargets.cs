using System.Security.Cryptography;
using System.Text;
using Ingest.Intake.Dialects;
using Ingest.Intake.Dialects.Amplitude;
using Ingest.Intake.Dialects.Datadog;
using Ingest.Intake.Dialects.Elastic;
using Ingest.Intake.Dialects.Firehose;
using Ingest.Intake.Dialects.Hec;
using Ingest.Intake.Dialects.KafkaRest;
using Ingest.Intake.Dialects.Loki;
using Ingest.Intake.Dialects.Otlp;
using Ingest.Intake.Dialects.OtlpGrpc;
using Ingest.Intake.Dialects.PostHog;
using Ingest.Intake.Dialects.Segment;
using Ingest.Intake.Dialects.Sentry;
using Ingest.Intake.Dialects.Seq;
using Ingest.Intake.Dialects.Snowplow;
using Ingest.Intake.Dialects.Webhooks;

namespace Ingest.Fuzz.Targets;

/// <summary>A target for each dialect, with the kinds of requests its clients send.</summary>
internal static class DialectTargets
{
    internal static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Make(
            new OtlpDialect(),
            ["resourceLogs", "scopeLogs", "\n\u0002\u0012"],
            new DialectShape("/v1/logs", "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1\"}]}]}]}") { Plain =
                DialectPlain.Whole },
            new DialectShape("/v1/traces", "") { ContentType = "application/x-protobuf", Bytes = [0x0A, 5, 0x12, 3, 0x0A, 1, 7], Plain =
                DialectPlain.WholeOrNone }),
        Make(
            new OtlpGrpcDialect(),
            ["\n\u0002\u0012"],
            new DialectShape("/opentelemetry.proto.collector.logs.v1.LogsService/Export", "")
            {
                ContentType = "application/grpc",
                Bytes = [0, 0, 0, 0, 7, 0x0A, 5, 0x12, 3, 0x0A, 1, 7],
                Plain = DialectPlain.WholeOrNone,
            }),
        Make(
            new HecDialect(),
            ["\"event\":", "\"index\":\"b\",", "\"fields\":{},", "\"time\":1,"],
            new DialectShape("/services/collector/event",
                "{\"time\":1,\"event\":{\"a\":1},\"index\":\"b\"}{\"event\":\"two\",\"fields\":{\"f\":\"g\"}}")
            {
                Plain = DialectPlain.ValuesOrElements,
            },
            new DialectShape("/services/collector/raw", "one\ntwo\r\n\n") { Query = "?host=h&channel=c&index=main", ContentType =
                "text/plain", Plain = DialectPlain.Lines }),
        Make(
            new SegmentDialect(),
            ["\"batch\":[", "\"messageId\":\"m\",", "\"userId\":\"u\",", "\"anonymousId\":\"\\u0061\",", "\"writeKey\":\"k\",",
                "\"sentAt\":\"s\",", "\"context\":{},"],
            new DialectShape("/v1/batch",
                "{\"batch\":[{\"messageId\":\"m\",\"type\":\"track\",\"userId\":\"u\"}],\"writeKey\":\"k\",\"sentAt\":\"s\"}")
            {
                Plain = body => DialectPlain.Member(body, "batch"),
            },
            new DialectShape("/v1/track",
                "{\"messageId\":\"m\\u0031\",\"type\":\"track\",\"anonymousId\":\"u\\n\",\"writeKey\":\"k\"}") { Plain =
                DialectPlain.One }),
        Make(
            new ElasticDialect(),
            options => ((ElasticDialectOptions)options).Changes = true,
            ["{\"create\":{}}\n", "{\"index\":{\"_index\":\"a-2026.11.28\",\"_id\":\"1\"}}\n", "{\"delete\":{\"_id\":\"1\"}}\n",
                "\"routing\":\"r\",", "{\"update\":{}}\n"],
            new DialectShape("/_bulk",
                "{\"create\":{\"_index\":\"a-2026.11.28\",\"_id\":\"1\"}}\n{\"x\":1}\n{\"delete\":{\"_id\":\"1\"}}\n")
            {
                ContentType = "application/x-ndjson",
                Plain = DialectPlain.Bulk,
            },
            new DialectShape("/{index}/_doc", "{\"a\":1}") { Route = [("index", "logs")] }),
        Make(
            new WebhooksDialect(),
            options => Hooks((WebhooksDialectOptions)options),
            ["\"type\":\"url_verification\",", "\"challenge\":\"c\",", "\"event_id\":\"e\",", "\"data\":{\"validationCode\":\"v\"}"],
            new DialectShape("/v1/hooks/plain",
                "[{\"id\":\"e\",\"eventType\":\"Microsoft.EventGrid.SubscriptionValidationEvent\",\"data\":{\"validationCode\":\"v\"}}]")
            {
                Headers = [("aeg-event-type", "SubscriptionValidation")],
            },
            new DialectShape("/v1/hooks/slack", "{\"type\":\"url_verification\",\"challenge\":\"c\",\"event_id\":\"e\"}") { Sign = Slack },
            new DialectShape("/v1/hooks/git", "{\"action\":\"opened\"}") { Sign = GitHub, Plain = DialectPlain.Whole }),
        Make(
            new SeqDialect(),
            ["{\"Events\":["],
            new DialectShape("/ingest/clef", "{\"@t\":\"2026\",\"@m\":\"a\"}\n{\"@t\":1}\n") { Plain = DialectPlain.Seq },
            new DialectShape("/api/events/raw", "{\"Events\":[{\"Level\":\"Error\"},2]}") { Plain = DialectPlain.Seq }),
        Make(
            new DatadogDialect(),
            ["\"message\":\"a\""],
            new DialectShape("/api/v2/logs", "[{\"message\":\"a\"},{\"message\":\"b\"}]") { Plain = DialectPlain.Datadog },
            new DialectShape("/v1/input", "text\nlines\n") { ContentType = "text/plain", Plain = DialectPlain.Datadog }),
        Make(
            new PostHogDialect(),
            ["\"batch\":[", "\"uuid\":\"u\",", "\"distinct_id\":\"d\",", "\"properties\":{\"token\":\"k\"},", "\"api_key\":\"k\","],
            new DialectShape("/batch", "{\"api_key\":\"k\",\"batch\":[{\"event\":\"a\",\"uuid\":\"u\",\"distinct_id\":\"d\"}]}"),
            new DialectShape("/batch", "[{\"event\":\"a\",\"properties\":{\"token\":\"k\"},\"distinct_id\":\"\\u0064\"}]"),
            new DialectShape("/batch", "{\"event\":\"a\",\"token\":\"k\"}")),
        Make(
            new FirehoseDialect(),
            ["\"records\":[", "\"data\":\"eyJhIjoxfQ==\"", "\"data\":\"/w==\""],
            new DialectShape("/v1/firehose",
                "{\"requestId\":\"r\",\"timestamp\":1,\"records\":[{\"data\":\"eyJhIjoxfQ==\"},{\"data\":\"\\/w==\"}]}")
            {
                Headers = [("X-Amz-Firehose-Request-Id", "r")],
                Plain = body => DialectPlain.Decoded(body, "data"),
            }),
        Make(
            new LokiDialect(),
            ["\"streams\":[", "{a=\"b\"}", "{a=`b`, c='\\x41'}", "\u0012\u0004\n\u0002\b\u0001"],
            new DialectShape("/loki/api/v1/push", "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"x\"]]}]}")
            {
                Plain = body => DialectPlain.Member(body, "streams"),
            },
            new DialectShape("/loki/api/v1/push", "")
            {
                ContentType = "application/x-protobuf",
                Bytes = [21, 80, 0x0A, 19, 0x0A, 7, .. "{a=\"b\"}"u8, 0x12, 8, 0x0A, 2, 8, 1, 0x12, 2, .. "ok"u8],
            },
            new DialectShape("/loki/api/v1/push", "")
            {
                ContentType = "application/x-protobuf",
                Bytes = Convert.FromHexString(
                    "8401c00a81010a177b6170703d2273686f70222c20706f643d22612d31227d12420a080880e2cfaa061005"
                    + "12366f72646572206fa2060030c3a920227822"
                    + "12200a080881e201446000120374776f1a0f0a0874726163655f696412036162631807"),
            }),
        Make(
            new KafkaRestDialect(),
            ["\"records\":[", "\"key\":\"k\",", "\"value\":null", "\"value\":\"Mg==\""],
            new DialectShape("/topics/{topic}", "{\"records\":[{\"key\":\"k\",\"value\":{\"a\":1}},{\"value\":2}]}")
            {
                ContentType = "application/vnd.kafka.json.v2+json",
                Route = [("topic", "a")],
                Plain = body => DialectPlain.OfRecords(body, "value"),
            },
            new DialectShape("/topics/{topic}/partitions/{partition:int:min(0)}",
                "{\"records\":[{\"key\":\"aw==\",\"value\":\"Mg==\"},{\"value\":\"\"}]}")
            {
                ContentType = "application/vnd.kafka.binary.v1+json",
                Route = [("topic", "a"), ("partition", "3")],
                Plain = body => DialectPlain.Decoded(body, "value"),
            }),
        Make(
            new SnowplowDialect(),
            ["\"data\":[", "\"eid\":\"i\",", "\"duid\":\"\\u0064\",", "\"uid\":\"u\","],
            new DialectShape("/com.snowplowanalytics.snowplow/tp2",
                "{\"schema\":\"s\",\"data\":[{\"e\":\"pv\",\"eid\":\"i\",\"duid\":\"d\"}]}")
            {
                Plain = body => DialectPlain.Member(body, "data"),
            }),
        Make(
            new AmplitudeDialect(),
            ["\"events\":[", "\"insert_id\":\"i\",", "\"user_id\":\"\\u0064\",", "\"device_id\":\"d\",", "\"api_key\":\"k\","],
            new DialectShape("/2/httpapi", "{\"api_key\":\"k\",\"events\":[{\"event_type\":\"a\",\"insert_id\":\"i\",\"user_id\":\"u\"}]}")
            {
                Plain = body => DialectPlain.Member(body, "events"),
            }),
        Make(
            new SentryDialect(),
            ["{\"event_id\":\"e\"}\n"],
            new DialectShape("/api/{project}/envelope", "{\"event_id\":\"e\"}\n{\"type\":\"event\"}\n{}\n")
            {
                ContentType = "text/plain",
                Route = [("project", "42")],
                Plain = DialectPlain.Whole,
            }),
    ];

    private static DialectTarget Make(IDialect dialect, string[] words, params DialectShape[] shapes) => Make(dialect, _ => { }, words,
        shapes);

    private static DialectTarget Make(IDialect dialect, Action<DialectOptions> configure, string[] words, params DialectShape[] shapes) =>
        new("dialect-" + dialect.Name, dialect, configure, words, shapes);

    private static void Hooks(WebhooksDialectOptions options)
    {
        foreach (var (hook, scheme) in new[] { ("plain", "key"), ("slack", "slack"), ("git", "github") })
        {
            options.Schemes[hook] = scheme;
            options.Secrets[hook] = "secret";
        }
    }

    private static void GitHub(Microsoft.AspNetCore.Http.HttpRequest request, byte[] body) =>
        request.Headers["X-Hub-Signature-256"] = "sha256=" + Signature(body);

    private static void Slack(Microsoft.AspNetCore.Http.HttpRequest request, byte[] body)
    {
        var sent = new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds().ToString(
            System.Globalization.CultureInfo.InvariantCulture);
        request.Headers["X-Slack-Request-Timestamp"] = sent;
        request.Headers["X-Slack-Signature"] = "v0=" + Signature([.. Encoding.ASCII.GetBytes($"v0:{sent}:"), .. body]);
    }

    private static string Signature(byte[] text) => Convert.ToHexStringLower(HMACSHA256.HashData("secret"u8, text));
}
