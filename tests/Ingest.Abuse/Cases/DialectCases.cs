using System.Globalization;
using System.IO.Compression;
using System.Text;
using Ingest.Testing;

namespace Ingest.Abuse.Cases;

/// <summary>The paths of dialects, all at once: what their bodies should not be.</summary>
internal static class DialectCases
{
    private const int EventBytesMax = 1024 * 1024;

    // A path of each that takes events, its type, and a body whose one event has a text of any length.
    private static readonly Door[] Doors =
    [
        new("otlp", "/v1/logs", "application/json", "{\"resourceLogs\":\"", "\"}"),
        new("hec", "/services/collector/event", "application/json", "{\"event\":\"", "\"}"),
        new("segment", "/v1/batch", "application/json", "{\"batch\":[{\"messageId\":\"m\",\"x\":\"", "\"}]}"),
        new("elastic", "/_bulk", "application/x-ndjson", "{\"create\":{\"_index\":\"a\"}}\n{\"x\":\"", "\"}\n"),
        new("seq", "/ingest/clef", "application/vnd.serilog.clef", "{\"@t\":\"", "\"}"),
        new("datadog", "/api/v2/logs", "application/json", "[{\"message\":\"", "\"}]"),
        new("posthog", "/batch", "application/json", "{\"batch\":[{\"event\":\"", "\"}]}"),
        new("firehose", "/v1/firehose", "application/json", "{\"records\":[{\"data\":\"", "\"}]}"),
        new("loki", "/loki/api/v1/push", "application/json", "{\"streams\":[{\"x\":\"", "\"}]}"),
        new("kafkarest", "/topics/a", "application/vnd.kafka.json.v2+json", "{\"records\":[{\"value\":\"", "\"}]}"),
        new("snowplow", "/com.snowplowanalytics.snowplow/tp2", "application/json", "{\"data\":[{\"x\":\"", "\"}]}"),
        new("amplitude", "/2/httpapi", "application/json", "{\"events\":[{\"x\":\"", "\"}]}"),
        new("sentry", "/api/42/envelope/", "application/x-sentry-envelope", "{\"x\":\"", "\"}"),
    ];

    private static readonly Door Hook = new("webhooks", "/v1/hooks/abuse", "application/json", "", "");

    private static readonly Door Acks =
        new("hec", "/services/collector/ack?channel=c", "application/json", "{\"acks\":[", "]}");

    private static readonly string[] NotRead = ["bad_request", "malformed_json"];

    internal static readonly Lazy<byte[]> Bomb = new(() => GZip(new byte[64 * 1024 * 1024]));

    /// <summary>The dialects that have a path among the cases.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Doors.Append(Hook).Select(door => door.Dialect), "otlpgrpc"];

    internal static IReadOnlyList<AbuseCase> All { get; } =
    [
        new("dialects: gzip bombs", ["batch_too_large"], (target, patience) => EachAsync(
            target, [.. Doors, Hook], "Content-Encoding: gzip\r\n", _ => Bomb.Value, patience)),
        new("dialects: gzip cut short", ["bad_encoding"], (target, patience) => EachAsync(
            target, [.. Doors, Hook], "Content-Encoding: gzip\r\n", _ => GZip("{\"a\":1}"u8.ToArray())[..^4], patience)),
        new("dialects: 10,000 deep", NotRead, (target, patience) => EachAsync(
            target, Doors, "", _ => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))), patience)),
        new("dialects: an event cut short", NotRead, (target, patience) => EachAsync(
            target, Doors, "", door => Encoding.ASCII.GetBytes(door.Before + "x"), patience)),
        // Long enough for Firehose too, whose text is Base64.
        new("dialects: an event above the limit", ["event_too_large"], (target, patience) => EachAsync(
            target, Doors, "",
            door => Encoding.ASCII.GetBytes(door.Before + new string('x', EventBytesMax * 3 / 2) + door.After), patience)),
        new("dialects: headers and then nothing", ["body_timeout"], (target, patience) => EachAsync(
            target, [.. Doors, Hook], "", _ => null, patience)),
        new("dialects: half-closed in the body", [Outcomes.Closed, "bad_request"], (target, patience) => EachAsync(
            target, [.. Doors, Hook, Acks], "", door => Encoding.ASCII.GetBytes(door.Before), patience, cutBytes: 10)),
        new("PostHog: a gzip bomb that no header names", ["batch_too_large"], (target, patience) => EachAsync(
            target, [.. Doors.Where(door => door.Dialect == "posthog")], "", _ => Bomb.Value, patience)),
        new("HEC: an ack request and then nothing", ["400"], AckAsync),
        new("Loki: a block that says it is 2 GiB", ["400 bad_encoding"], LokiAsync),
    ];

    /// <summary>The settings of a node that serves all dialects; the one for gRPC has a listener of its own.</summary>
    internal static IEnumerable<(string Key, string Value)> Settings(int grpcPort)
    {
        foreach (var name in Names)
        {
            yield return ($"Dialects:{name}:Enabled", "true");
        }
        yield return ("Dialects:hec:Ack", "Durable");
        yield return ("Dialects:webhooks:Schemes:abuse", "standard");
        yield return ("Dialects:webhooks:Secrets:abuse", "whsec_YSBzZWNyZXQgb2YgMjQgYnl0ZXMgeWVz");
        yield return ("Dialects:otlpgrpc:Listen", $"http://127.0.0.1:{grpcPort}");
    }

    /// <summary>Sends to each path at the same time: the different codes that come back, or the path that answers otherwise.</summary>
    private static async Task<string> EachAsync(
        AbuseTarget target,
        Door[] doors,
        string headers,
        Func<Door, byte[]?> body,
        CancellationToken patience,
        int cutBytes = 0)
    {
        var answers = await Task.WhenAll(doors.Select(async door =>
        {
            using var wire = await RawConnection.ConnectAsync(target.Port, patience);
            var sent = body(door);
            await wire.SendAsync(RawConnection.PostHead(door.Path, door.Type, (sent?.Length ?? 1000) + cutBytes, headers), patience);
            await wire.SendAsync(sent ?? [], patience);
            if (cutBytes > 0)
            {
                wire.EndSending();
            }
            var answer = await wire.AnswersAsync(1, patience) is [var first, ..] ? first : null;
            return (door.Path, Code: answer?.Headers.GetValueOrDefault("ingest-code")
                ?? answer?.Status.ToString(CultureInfo.InvariantCulture) ?? Outcomes.Closed);
        }));
        var codes = answers.Select(answer => answer.Code).Distinct().Order(StringComparer.Ordinal).ToList();
        return codes.Count == 1 ? codes[0]
            : codes.All(code => NotRead.Contains(code)) ? NotRead[0]
            : string.Join(", ", answers.Select(answer => $"{answer.Path}: {answer.Code}"));
    }

    private static async Task<string> AckAsync(AbuseTarget target, CancellationToken patience)
    {
        using var wire = await RawConnection.ConnectAsync(target.Port, patience);
        await wire.SendAsync(RawConnection.PostHead(Acks.Path, Acks.Type, 1000), patience);
        await wire.SendAsync(Acks.Before, patience);
        return await wire.OutcomeAsync(patience);
    }

    private static async Task<string> LokiAsync(AbuseTarget target, CancellationToken patience)
    {
        using var wire = await RawConnection.ConnectAsync(target.Port, patience);
        byte[] block = [0xFF, 0xFF, 0xFF, 0xFF, 7, 0, 1];
        await wire.SendAsync(RawConnection.PostHead("/loki/api/v1/push", "application/x-protobuf", block.Length), patience);
        await wire.SendAsync(block, patience);
        var answer = (await wire.AnswersAsync(1, patience))[0];
        return string.Create(CultureInfo.InvariantCulture, $"{answer.Status} {answer.Headers.GetValueOrDefault("ingest-code")}");
    }

    internal static byte[] GZip(byte[] plain)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.SmallestSize))
        {
            gzip.Write(plain);
        }
        return buffer.ToArray();
    }

    /// <summary>A path that takes events.</summary>
    /// <param name="Dialect">Whose it is.</param>
    /// <param name="Path">The path.</param>
    /// <param name="Type">The type its clients send.</param>
    /// <param name="Before">A body up to the text of its one event.</param>
    /// <param name="After">The rest of the body.</param>
    private sealed record Door(string Dialect, string Path, string Type, string Before, string After);
}
