using System.Net.Http.Json;
using System.Text;
using Ingest.Events;
using Ingest.Health;
using Ingest.Intake.Dialects;
using Ingest.Intake.Dialects.Otlp;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>OTLP over HTTP: bodies are stored as they are, and answers are what SDKs take for what they mean.</summary>
public sealed class OtlpTests
{
    private const string Protobuf = "application/x-protobuf";

    [Theory]
    [InlineData("/v1/logs", "otlp_logs")]
    [InlineData("/v1/traces", "otlp_spans")]
    [InlineData("/v1/metrics", "otlp_metrics")]
    public async Task A_protobuf_body_is_one_event_byte_for_byte(string path, string stream)
    {
        await using var server = await DialectServer.StartAsync(new OtlpDialect());
        var body = Resource(20);
        var answer = await server.SendAsync("POST", path, body, Protobuf);
        Assert.Equal((200, Protobuf, 0), (answer.Status, answer.Header("Content-Type"), answer.Bytes.Length));
        var stored = Assert.Single(server.Queue.Events);
        Assert.Equal(body, stored.Payload.ToArray());
        Assert.Equal((stream, EventFormat.Opaque), (DialectServer.Stream(stored), stored.Format));
        Assert.Equal(Protobuf, Encoding.ASCII.GetString(stored.ContentType));
    }

    [Theory]
    [InlineData("{\"resourceLogs\":[]}", "application/json")]
    [InlineData("\n {\"resourceLogs\":[{\"x\":1}]} ", "application/json; charset=utf-8")]
    public async Task A_JSON_body_is_one_event_and_is_answered_in_JSON(string body, string type)
    {
        await using var server = await DialectServer.StartAsync(new OtlpDialect());
        var answer = await server.SendAsync("POST", "/v1/logs", Encoding.UTF8.GetBytes(body), type);
        Assert.Equal((200, "{}"), (answer.Status, answer.Body));
        Assert.Equal([body], server.Payloads);
        Assert.Equal(EventFormat.Json, server.Queue.Events[0].Format);
    }

    [Fact]
    public async Task An_empty_message_is_a_request_without_events()
    {
        await using var server = await DialectServer.StartAsync(new OtlpDialect());
        Assert.Equal(200, (await server.SendAsync("POST", "/v1/logs", [], Protobuf)).Status);
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData(new byte[] { 0x0A })]
    [InlineData(new byte[] { 0x0A, 5, 1 })]
    [InlineData(new byte[] { 0x0A, 2, 0x0A, 9 })]
    [InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F })]
    [InlineData(new byte[] { 0x00, 0 })]
    [InlineData(new byte[] { 0x0B, 0 })]
    [InlineData(new byte[] { 0x0D, 1, 2, 3 })]
    public async Task A_body_that_is_no_message_is_refused_for_good(byte[] body)
    {
        await using var server = await DialectServer.StartAsync(new OtlpDialect());
        var answer = await server.SendAsync("POST", "/v1/logs", body, Protobuf);
        Assert.Equal((400, Protobuf), (answer.Status, answer.Header("Content-Type")));
        // google.rpc.Status, field 1: INVALID_ARGUMENT.
        Assert.Equal([0x08, 3, 0x12], answer.Bytes[..3]);
        Assert.Null(answer.Header("Retry-After"));
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_body_above_an_events_limit_is_cut_between_resources_and_each_part_is_a_request_again()
    {
        await using var server = await DialectServer.StartAsync(new OtlpDialect(), configure: options => options.EventBytesMax = 1024);
        byte[] body = [.. Resource(400), .. Resource(500), .. Resource(600), .. Resource(10)];
        Assert.Equal(200, (await server.SendAsync("POST", "/v1/logs", body, Protobuf)).Status);
        Assert.Equal(body, server.Queue.Events.SelectMany(stored => stored.Payload.ToArray()).ToArray());
        Assert.Equal(2, server.Queue.Events.Count);
        Assert.All(server.Queue.Events, stored => Assert.Equal(-1, OtlpFraming.Check(stored.Payload.Span)));

        Assert.Equal(413, (await server.SendAsync("POST", "/v1/logs", Resource(2000), Protobuf)).Status);
    }

    [Theory]
    [InlineData(RefusalCode.Overloaded)]
    [InlineData(RefusalCode.DiskPressure)]
    [InlineData(RefusalCode.Draining)]
    public async Task What_passes_is_503_with_a_wait_that_fits_into_the_SDKs_own_time(RefusalCode reason)
    {
        await using var server = await DialectServer.StartAsync(new OtlpDialect());
        server.Gate.Close(reason, "Because.");
        var binary = await server.SendAsync("POST", "/v1/logs", Resource(3), Protobuf);
        Assert.Equal((503, "2"), (binary.Status, binary.Header("Retry-After")));
        Assert.Equal([0x08, 14], binary.Bytes[..2]);
        var json = await server.SendAsync("POST", "/v1/logs", "{}"u8.ToArray(), "application/json");
        Assert.Equal(503, json.Status);
        Assert.StartsWith("{\"code\":14,\"message\":", json.Body, StringComparison.Ordinal);
        Assert.NotNull(json.Header("X-Request-Id"));
    }

    [Fact]
    public async Task A_request_outlasts_pressure_that_is_shorter_than_its_wait()
    {
        var options = new DialectOptions { AdmissionWait = TimeSpan.FromSeconds(30) };
        await using var server = await DialectServer.StartAsync(new OtlpDialect(), options);
        server.Gate.Close(RefusalCode.DiskPressure, "Because.");
        var pending = server.SendAsync("POST", "/v1/logs", Resource(3), Protobuf);
        await Task.WhenAny(pending, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken));
        Assert.False(pending.IsCompleted);
        server.Gate.Open(RefusalCode.DiskPressure);
        Assert.Equal(200, (await pending).Status);
    }

    [Fact]
    public async Task A_request_whose_client_leaves_while_it_waits_is_not_stored()
    {
        var options = new DialectOptions { AdmissionWait = TimeSpan.FromSeconds(30) };
        await using var server = await DialectServer.StartAsync(new OtlpDialect(), options);
        server.Gate.Close(RefusalCode.DiskPressure, "Because.");
        using var leaving = new CancellationTokenSource();
        var left = server.Client.PostAsJsonAsync(new Uri("/v1/logs", UriKind.Relative), new { }, leaving.Token);
        await Poll.Until("it waits", () => Task.FromResult(server.Waiting == 1));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await Poll.Until("it is gone", () => Task.FromResult(server.Waiting == 0));
        server.Gate.Open(RefusalCode.DiskPressure);
        Assert.Equal(200, (await server.SendAsync("POST", "/v1/logs", Resource(4), Protobuf)).Status);
        Assert.Single(server.Queue.Events);
    }

    private static byte[] Resource(int bytes)
    {
        // resource_logs { field 15: bytes }
        byte[] inner = [0x7A, .. Varint(bytes), .. Enumerable.Range(0, bytes).Select(i => (byte)i)];
        return [0x0A, .. Varint(inner.Length), .. inner];
    }

    private static byte[] Varint(int value) => value < 128 ? [(byte)value] : [(byte)((value & 0x7F) | 0x80), (byte)(value >> 7)];
}
