using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using Ingest.Testing;

namespace Ingest.Abuse.Cases;

/// <summary>The paths of dialects, all at once: what their bodies should not be.</summary>
internal static class DialectCases
{
    private const int EventBytesMax = 1024 * 1024;
    private const string GrpcPath = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

    // A path of each that takes events, its type, and a body whose one event has a text of any length.
    private static readonly (string Path, string Type, string Before, string After)[] Doors =
    [
        ("/v1/logs", "application/json", "{\"resourceLogs\":\"", "\"}"),
        ("/services/collector/event", "application/json", "{\"event\":\"", "\"}"),
        ("/v1/batch", "application/json", "{\"batch\":[{\"messageId\":\"m\",\"x\":\"", "\"}]}"),
        ("/_bulk", "application/x-ndjson", "{\"create\":{\"_index\":\"a\"}}\n{\"x\":\"", "\"}\n"),
        ("/ingest/clef", "application/vnd.serilog.clef", "{\"@t\":\"", "\"}"),
        ("/api/v2/logs", "application/json", "[{\"message\":\"", "\"}]"),
        ("/batch", "application/json", "{\"batch\":[{\"event\":\"", "\"}]}"),
        ("/v1/firehose", "application/json", "{\"records\":[{\"data\":\"", "\"}]}"),
        ("/loki/api/v1/push", "application/json", "{\"streams\":[{\"x\":\"", "\"}]}"),
        ("/topics/a", "application/vnd.kafka.json.v2+json", "{\"records\":[{\"value\":\"", "\"}]}"),
        ("/com.snowplowanalytics.snowplow/tp2", "application/json", "{\"data\":[{\"x\":\"", "\"}]}"),
    ];

    private static readonly (string Path, string Type, string Before, string After) Hook = ("/v1/hooks/abuse", "application/json", "", "");

    private static readonly (string Path, string Type, string Before, string After) Acks =
        ("/services/collector/ack?channel=c", "application/json", "{\"acks\":[", "]}");

    private static readonly string[] NotRead = ["bad_request", "malformed_json"];

    private static readonly Lazy<byte[]> Bomb = new(() => GZip(new byte[64 * 1024 * 1024]));

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
        new("HEC: an ack request and then nothing", ["400"], AckAsync),
        new("Loki: a block that says it is 2 GiB", ["400 bad_encoding"], LokiAsync),
        new("gRPC: a bomb", ["3 batch_too_large"], (target, patience) => GrpcAsync(target, Frame(Bomb.Value, 1), patience))
        {
            OverHttp2 = true,
        },
        new("gRPC: a frame that is longer than its body", ["3 bad_request"], (target, patience) => GrpcAsync(
            target, [0, 0x7F, 0xFF, 0xFF, 0xFF, 1], patience)) { OverHttp2 = true },
        new("gRPC: an event above the limit", ["3 event_too_large"], (target, patience) => GrpcAsync(
            target, Frame([0x0A, 0x85, 0x80, 0x80, 0x01, 0x7A, 0x80, 0x80, 0x80, 0x01, .. new byte[1 << 21]], 0), patience))
        {
            OverHttp2 = true,
        },
    ];

    /// <summary>The settings of a node that serves all dialects.</summary>
    internal static IEnumerable<(string Key, string Value)> Settings(bool isHttp2)
    {
        string[] names =
        [
            "otlp", "hec", "segment", "elastic", "webhooks", "seq", "datadog", "posthog", "firehose", "loki", "kafkarest", "snowplow",
            .. isHttp2 ? ["otlpgrpc"] : Array.Empty<string>(),
        ];
        foreach (var name in names)
        {
            yield return ($"Dialects:{name}:Enabled", "true");
        }
        yield return ("Dialects:hec:Ack", "Durable");
        yield return ("Dialects:webhooks:Schemes:abuse", "standard");
        yield return ("Dialects:webhooks:Secrets:abuse", "whsec_YSBzZWNyZXQgb2YgMjQgYnl0ZXMgeWVz");
        if (isHttp2)
        {
            // The intake itself speaks HTTP/2 there.
            yield return ("Dialects:otlpgrpc:Listen", "");
        }
    }

    /// <summary>Sends to each path at the same time: the different codes that come back, or the path that answers otherwise.</summary>
    private static async Task<string> EachAsync(
        AbuseTarget target,
        (string Path, string Type, string Before, string After)[] doors,
        string headers,
        Func<(string Path, string Type, string Before, string After), byte[]?> body,
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
            var answer = (await wire.AnswersAsync(1, patience)).FirstOrDefault();
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

    /// <summary>The call's status and its code.</summary>
    private static async Task<string> GrpcAsync(AbuseTarget target, byte[] body, CancellationToken patience)
    {
        using var client = new HttpClient();
        using var call = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{target.Http2Port}{GrpcPath}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        call.Content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");
        call.Headers.TryAddWithoutValidation("grpc-encoding", "gzip");
        using var answer = await client.SendAsync(call, patience);
        await answer.Content.ReadAsByteArrayAsync(patience);
        var fields = answer.Headers.Concat(answer.TrailingHeaders)
            .ToDictionary(pair => pair.Key, pair => string.Join(',', pair.Value), StringComparer.OrdinalIgnoreCase);
        return $"{fields.GetValueOrDefault("grpc-status")} {fields.GetValueOrDefault("Ingest-Code")}";
    }

    private static byte[] Frame(byte[] message, byte flag)
    {
        byte[] frame = [flag, 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        return frame;
    }

    private static byte[] GZip(byte[] plain)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.SmallestSize))
        {
            gzip.Write(plain);
        }
        return buffer.ToArray();
    }
}
