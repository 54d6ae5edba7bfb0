using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>A node behind a node: two executables, the HTTP sink of the first posts to the intake of the second.</summary>
public sealed class ForwardingTests : IDisposable
{
    private const int EventBytesMax = 1024 * 1024;

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<long, Sent> _sent = [];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("Ndjson")]
    [InlineData("CloudEventsBatch")]
    [InlineData("Raw")]
    public async Task What_the_first_took_the_second_takes_with_equal_payload_key_and_stream(string format)
    {
        var behind = new IngestSetup { Data = _directory["behind"], Sinks = ["file"] }.With(("Drain:BalancerDelay", "0"));
        var first = new IngestSetup { Data = _directory["first"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", $"{behind.Intake}v1/streams/{{stream}}/events"),
            ("Sinks:http:Format", format),
            ("Intake:KeepHeaders:0", "x-kept"),
            ("Intake:KeyPointers:pointed", "/user"),
            ("Intake:LenientCloudEvents", "true"),
            ("Dialects:elastic:Enabled", "true"),
            ("Drain:BalancerDelay", "0"));
        using var second = await IngestProcess.StartReadyAsync(behind);
        using var node = await IngestProcess.StartReadyAsync(first);

        await PostAllAsync(first.IntakePort, withControl: format != "Raw");
        using (var admin = new AdminClient(first))
        {
            await Poll.Until("everything is decided", async () => (await LaneAsync(admin)).GetProperty("pendingEvents").GetInt64() == 0);
            var lane = (await LaneAsync(admin)).GetProperty("sum");
            Assert.True(lane.GetProperty("deadLettered").GetInt64() == 0, node.Output);
            Assert.Equal(_sent.Count, lane.GetProperty("delivered").GetInt64());
        }
        Assert.Equal(0, await node.StopAsync());
        Assert.Equal(0, await second.StopAsync());

        var arrived = new List<(string Stream, string Key, string Payload)>();
        DeliveredEvents.Read(Path.Combine(behind.Data, "out"), line => arrived.Add(
            format == "Raw" ? (line.Stream, line.Key, Digest(Inside(line))) : Open(line, format == "Ndjson")));
        Assert.Equal(
            _sent.Values.Select(sent => (sent.Stream, sent.Key, Digest(sent.Payload))).Order(),
            arrived.Order());
    }

    private static async Task<JsonElement> LaneAsync(AdminClient admin) => (await admin.StatusAsync()).GetProperty("lanes")[0];

    private async Task PostAllAsync(int port, bool withControl)
    {
        var largest = Encoding.UTF8.GetBytes($"\"{new string('x', EventBytesMax - 2)}\"");
        var opaque = new byte[EventBytesMax];
        Array.Fill(opaque, (byte)0xFE);
        var key = new string('k', 1024);
        using var connection = await RawConnection.ConnectAsync(port, TestContext.Current.CancellationToken);

        await PostAsync(connection, "large", "application/json", largest, key, $"Ingest-Key: {key}");
        await PostAsync(connection, "large", "application/octet-stream", opaque, key, $"Ingest-Key: {key}");
        await PostAsync(connection, "large", "application/json", largest, key, [.. Binary(key), $"x-kept: {new string('h', 4000)}"]);
        await PostAsync(connection, "large", "application/cloudevents+json", Padded(EventBytesMax), "own");
        await PostAsync(connection, "large", "application/json", Deep(64), "");
        await PostAsync(connection, "large", "application/cloudevents+json", Envelope(Encoding.UTF8.GetString(Deep(63)), "own"), "own");
        await PostAsync(connection, "empty", "application/octet-stream", [], "", Binary(null));
        await PostAsync(connection, "empty", "application/octet-stream", [], "k", Binary("k"));
        foreach (var odd in (string[])["ключ-日本-🎉", "a \"b\" \\c/d", "%41{}<>&'", "7", "null"])
        {
            await PostAsync(connection, "keys", "application/json", "1"u8.ToArray(), odd, $"Ingest-Key: {odd}");
            await PostAsync(connection, "keys", "text/plain", "text"u8.ToArray(), odd, $"Ingest-Key: {odd}");
        }
        await PostAsync(connection, "pointed", "application/json", "{\"user\":17.50}"u8.ToArray(), "17.50");
        await PostAsync(connection, "pointed", "application/cloudevents+json", Envelope("1", null, ",\"user\":\"u\""), "u");
        // The header goes before the attribute, and counts where there is none.
        await PostAsync(connection, "keys", "application/cloudevents+json", Envelope("1", "own"), "other", "Ingest-Key: other");
        await PostAsync(connection, "keys", "application/cloudevents+json", Envelope("1", null), "other", "Ingest-Key: other");
        await PostAsync(connection, "keys", "application/json", "1"u8.ToArray(), "other", [.. Binary("own"), "Ingest-Key: other"]);
        await PostAsync(connection, "keys", "application/json", "1"u8.ToArray(), "", [.. Binary(null), "ce-ingestsequence: 7"]);
        await PostAsync(connection, "lenient", "application/cloudevents+json",
            Envelope("1", null, ",\"subject\":\"\",\"dataschema\":\"#\",\"Odd-Name\":{}"), "");
        await PostAsync(connection, new string('s', 128), "text/plain; charset=\"utf-8\"", "ö"u8.ToArray(), "", "x-kept: grün");
        await PostAsync(connection, "_x.y-z", "application/vnd.a+json; profile=\"a b\"", "{\"a\" :\t1}"u8.ToArray(), "",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", $"tracestate: a={new string('t', 200)}");
        if (withControl)
        {
            await PostControlAsync(connection);
        }
    }

    // Control characters come in only where a client's own language has them, and no header carries them.
    private async Task PostControlAsync(RawConnection connection)
    {
        var body = """
            {"index":{"_index":"control","_id":"i\u0001\u0085","routing":"k\u0001\u202e\uffff"}}
            {"n":1}

            """.ReplaceLineEndings("\n");
        var bytes = Encoding.UTF8.GetBytes(body);
        var head = RawConnection.PostHead("/_bulk", "application/x-ndjson", bytes.Length);
        var answer = await connection.ExchangeAsync((byte[])[.. head, .. bytes], TestContext.Current.CancellationToken);
        Assert.True(answer.Status == 200 && answer.Text.Contains("\"errors\":false", StringComparison.Ordinal), answer.Text);
        _sent.Add(_sent.Keys.Max() + 1, new Sent("control", "k\u0001\u202e\uffff", "{\"n\":1}"u8.ToArray()));
    }

    private async Task PostAsync(
        RawConnection connection, string stream, string type, byte[] body, string key, params string[] headers)
    {
        var head = $"POST /v1/streams/{stream}/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\n"
            + $"Content-Length: {body.Length}\r\n"
            + string.Concat(headers.Select(header => header + "\r\n")) + "\r\n";
        var answer = await connection.ExchangeAsync(
            (byte[])[.. Encoding.UTF8.GetBytes(head), .. body], TestContext.Current.CancellationToken);
        Assert.True(answer.Status == 202, $"{stream} {type} {key}: {answer.Status} {answer.Text}");
        using var receipt = JsonDocument.Parse(answer.Body);
        _sent.Add(receipt.RootElement.GetProperty("first").GetInt64(), new Sent(stream, key, Data(type, body)));
    }

    private static byte[] Inside(DeliveredEvent line)
    {
        var payload = line.Payload.ToArray();
        var isEnvelope = !line.Opaque && payload.AsSpan().StartsWith("{\"specversion\""u8);
        return isEnvelope ? Data("application/cloudevents+json", payload) : payload;
    }

    // What is inside an envelope is the payload, on both sides.
    private static byte[] Data(string type, byte[] body)
    {
        if (type != "application/cloudevents+json")
        {
            return body;
        }
        using var envelope = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 256 });
        return Encoding.UTF8.GetBytes(envelope.RootElement.GetProperty("data").GetRawText());
    }

    private static (string Stream, string Key, string Payload) Open(DeliveredEvent line, bool isLine)
    {
        using var outer = JsonDocument.Parse(line.Payload, new JsonDocumentOptions { MaxDepth = 256 });
        var root = outer.RootElement;
        var key = !isLine ? line.Key : root.TryGetProperty("key", out var inner) ? inner.GetString()! : "";
        if (isLine && root.TryGetProperty("data", out var nested) && nested.ValueKind == JsonValueKind.Object
            && nested.TryGetProperty("specversion", out _))
        {
            root = nested;
        }
        return (line.Stream, key, Digest(Payload(root)));
    }

    private static byte[] Payload(JsonElement root) =>
        root.TryGetProperty("data", out var data) ? Encoding.UTF8.GetBytes(data.GetRawText())
        : root.TryGetProperty("data_base64", out var base64) ? base64.GetBytesFromBase64()
        : [];

    private static string Digest(byte[] payload) =>
        payload.Length <= 64 ? Encoding.UTF8.GetString(payload) : Convert.ToHexString(SHA256.HashData(payload));

    private static string[] Binary(string? key) =>
    [
        "ce-specversion: 1.0", "ce-type: t", $"ce-id: {Guid.NewGuid()}", $"ce-source: /{new string('s', 1000)}",
        .. key is null ? Array.Empty<string>() : [$"ce-partitionkey: {key}"],
    ];

    private static byte[] Envelope(string data, string? key, string more = "")
    {
        var partition = key is null ? "" : $",\"partitionkey\":\"{key}\"";
        return Encoding.UTF8.GetBytes(
            $"{{\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\"/s\",\"id\":\"{Guid.NewGuid()}\"{partition},\"data\":{data}{more}}}");
    }

    private static byte[] Padded(int bytes)
    {
        var beside = Envelope("\"\"", "own").Length;
        return Envelope($"\"{new string('x', bytes - beside)}\"", "own");
    }

    // An object outside, because an array outside is a batch.
    private static byte[] Deep(int levels) =>
        Encoding.ASCII.GetBytes($"{{\"a\":{new string('[', levels - 1)}{new string(']', levels - 1)}}}");

    private sealed record Sent(string Stream, string Key, byte[] Payload);
}
