using System.Text;

namespace Ingest.Abuse.Fuzz;

/// <summary>A body of each dialect as its clients send it.</summary>
internal static class DialectBodies
{
    private const string Json = "application/json";

    internal static IReadOnlyList<(string Path, string Type, byte[] Body)> All { get; } =
    [
        Text("/v1/logs", Json, "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1\"}]}]}]}"),
        ("/v1/traces", "application/x-protobuf", [0x0A, 5, 0x12, 3, 0x0A, 1, 7]),
        Text(
            "/services/collector/event",
            Json,
            "{\"time\":1,\"event\":{\"a\":1},\"index\":\"b\"}{\"event\":\"two\",\"fields\":{\"f\":\"g\"}}"),
        Text("/services/collector/raw?host=h&channel=c", "text/plain", "one\ntwo\n"),
        Text(
            "/v1/batch",
            Json,
            "{\"batch\":[{\"messageId\":\"m\",\"type\":\"track\",\"userId\":\"u\"}],\"writeKey\":\"k\",\"sentAt\":\"s\"}"),
        Text(
            "/_bulk",
            "application/x-ndjson",
            "{\"create\":{\"_index\":\"a-2026.11.28\",\"_id\":\"1\"}}\n{\"x\":1}\n{\"delete\":{\"_id\":\"1\"}}\n"),
        Text("/v1/hooks/abuse", Json, "{\"type\":\"a\"}"),
        Text("/ingest/clef", "application/vnd.serilog.clef", "{\"@t\":\"2026\",\"@m\":\"a\"}\n{\"@t\":1}\n"),
        Text("/api/v2/logs", Json, "[{\"message\":\"a\"},{\"message\":\"b\"}]"),
        Text("/batch/", Json, "{\"api_key\":\"k\",\"batch\":[{\"event\":\"a\",\"uuid\":\"u\",\"distinct_id\":\"d\"}]}"),
        Text("/v1/firehose", Json, "{\"requestId\":\"r\",\"timestamp\":1,\"records\":[{\"data\":\"eyJhIjoxfQ==\"}]}"),
        Text("/loki/api/v1/push", Json, "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"x\"]]}]}"),
        (
            "/loki/api/v1/push",
            "application/x-protobuf",
            [21, 80, 0x0A, 19, 0x0A, 7, .. "{a=\"b\"}"u8, 0x12, 8, 0x0A, 2, 8, 1, 0x12, 2, .. "ok"u8]),
        Text("/topics/a", "application/vnd.kafka.json.v2+json", "{\"records\":[{\"key\":\"k\",\"value\":{\"a\":1}},{\"value\":2}]}"),
        Text("/topics/a/partitions/3", "application/vnd.kafka.v1+json", "{\"records\":[{\"key\":\"aw==\",\"value\":\"Mg==\"}]}"),
        Text("/2/httpapi", Json, "{\"api_key\":\"k\",\"events\":[{\"event_type\":\"a\",\"insert_id\":\"i\",\"user_id\":\"u\"}]}"),
        Text("/api/42/envelope/?sentry_key=k", "text/plain", "{\"event_id\":\"e\"}\n{\"type\":\"event\"}\n{}\n"),
        Text("/com.snowplowanalytics.snowplow/tp2", Json, "{\"schema\":\"s\",\"data\":[{\"e\":\"pv\",\"eid\":\"i\",\"duid\":\"d\"}]}"),
    ];

    private static (string Path, string Type, byte[] Body) Text(string path, string type, string body) =>
        (path, type, Encoding.UTF8.GetBytes(body));
}
