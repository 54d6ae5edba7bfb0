using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Ingest.Events;
using Ingest.Health;
using Ingest.Intake.Dialects.OtlpGrpc;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>OTLP over gRPC: the same events as over HTTP, and statuses that clients take for what they mean.</summary>
public sealed class OtlpGrpcTests
{
    private const string Logs = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    private const string Grpc = "application/grpc";

    // resource_logs { field 15: three bytes }
    private static readonly byte[] Message = [0x0A, 5, 0x7A, 3, 1, 2, 3];

    [Theory]
    [InlineData("logs.v1.LogsService", "otlp_logs")]
    [InlineData("trace.v1.TraceService", "otlp_spans")]
    [InlineData("metrics.v1.MetricsService", "otlp_metrics")]
    public async Task A_message_is_the_event_that_it_is_over_HTTP_and_the_answer_is_OK_in_trailers(string service, string stream)
    {
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect());
        var answer = await CallAsync(server, Frame(Message), $"/opentelemetry.proto.collector.{service}/Export");
        Assert.Equal((200, Grpc), (answer.Status, answer.Header("Content-Type")));
        Assert.Equal([0, 0, 0, 0, 0], answer.Bytes);
        Assert.Equal("0", answer.Trailers["grpc-status"]);
        Assert.Null(answer.Header("grpc-status"));
        var stored = Assert.Single(server.Queue.Events);
        Assert.Equal(Message, stored.Payload.ToArray());
        Assert.Equal((stream, EventFormat.Opaque), (DialectServer.Stream(stored), stored.Format));
        Assert.Equal("application/x-protobuf", Encoding.ASCII.GetString(stored.ContentType));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task A_compressed_message_is_stored_as_it_was_before(string encoding)
    {
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect());
        var answer = await CallAsync(server, Frame(Packed(encoding, Message), flag: 1), Logs, ("grpc-encoding", encoding));
        Assert.Equal("0", answer.Trailers["grpc-status"]);
        // A message that is not worth it goes plain, whatever the header says messages may be.
        answer = await CallAsync(server, Frame(Message), Logs, ("grpc-encoding", encoding));
        Assert.Equal("0", answer.Trailers["grpc-status"]);
        Assert.All(server.Queue.Events, stored => Assert.Equal(Message, stored.Payload.ToArray()));
        Assert.Equal(2, server.Queue.Events.Count);
    }

    [Theory]
    [InlineData("no prefix", "", "3", "bad_request")]
    [InlineData("cut", "00 0000000A 0A", "3", "bad_request")]
    [InlineData("two messages", "00 00000000 00 00000000", "3", "bad_request")]
    [InlineData("a flag that is none", "02 00000000", "3", "bad_request")]
    [InlineData("more than there can be", "00 FFFFFFFF", "3", "bad_request")]
    [InlineData("compressed, nobody says how", "01 00000001 00", "3", "bad_encoding")]
    [InlineData("no protobuf", "00 00000002 0A09", "3", "bad_request")]
    [InlineData("compressed with what it is not", "01 00000002 0A09", "3", "bad_encoding", "gzip")]
    [InlineData("an encoding that is not taken", "00 00000000", "12", "unsupported_encoding", "snappy")]
    public async Task What_never_succeeds_has_a_status_that_no_client_tries_again(
        string what, string hex, string status, string code, string? encoding = null)
    {
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect());
        var body = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var answer = await CallAsync(server, body, Logs, encoding is null ? [] : [("grpc-encoding", encoding)]);
        Assert.True(answer.Header("grpc-status") == status, $"{what}: {answer.Header("grpc-status")} {answer.Header("grpc-message")}");
        Assert.Equal((200, code), (answer.Status, answer.Header("Ingest-Code")));
        Assert.Null(answer.Header("grpc-status-details-bin"));
        Assert.Equal(encoding == "snappy" ? "identity,gzip,deflate" : null, answer.Header("grpc-accept-encoding"));
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_never_to_be_sent_again_and_a_bomb_costs_no_more()
    {
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect(), configure: options => options.EventBytesMax = 1024);
        byte[] large = [0x0A, 0x80, 0x10, 0x7A, 0xFD, 0x0F, .. new byte[2045]];
        var answer = await CallAsync(server, Frame(large), Logs);
        Assert.Equal(("3", "event_too_large"), (answer.Header("grpc-status"), answer.Header("Ingest-Code")));
        var bomb = Packed("gzip", new byte[100 * 1024 * 1024]);
        answer = await CallAsync(server, Frame(bomb, flag: 1), Logs, ("grpc-encoding", "gzip"));
        Assert.Equal(("3", "batch_too_large"), (answer.Header("grpc-status"), answer.Header("Ingest-Code")));
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task A_message_above_an_events_limit_is_cut_between_its_resources()
    {
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect(), configure: options => options.EventBytesMax = 1024);
        byte[] resource = [0x0A, 0x83, 0x05, 0x7A, 0x80, 0x05, .. new byte[640]];
        byte[] message = [.. resource, .. resource, .. resource];
        Assert.Equal("0", (await CallAsync(server, Frame(message), Logs)).Trailers["grpc-status"]);
        Assert.Equal(3, server.Queue.Events.Count);
        Assert.Equal(message, server.Queue.Events.SelectMany(stored => stored.Payload.ToArray()).ToArray());
    }

    [Theory]
    [InlineData(RefusalCode.Overloaded)]
    [InlineData(RefusalCode.DiskPressure)]
    [InlineData(RefusalCode.Draining)]
    public async Task What_passes_is_UNAVAILABLE_with_the_time_to_try_again(RefusalCode reason)
    {
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect());
        server.Gate.Close(reason, "Because: 100 % é.");
        var answer = await CallAsync(server, Frame(Message), Logs);
        Assert.Equal((200, "14"), (answer.Status, answer.Header("grpc-status")));
        Assert.EndsWith("100 %25 %C3%A9.", answer.Header("grpc-message"), StringComparison.Ordinal);
        var details = answer.Header("grpc-status-details-bin")!;
        var status = Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '='));
        // google.rpc.Status: code 14, and at its end google.rpc.RetryInfo { retry_delay { seconds: 2 } }.
        Assert.Equal([0x08, 14, 0x12], status[..3]);
        Assert.Equal([0x12, 4, 0x0A, 2, 0x08, 2], status[^6..]);
        Assert.Contains("type.googleapis.com/google.rpc.RetryInfo", Encoding.UTF8.GetString(status), StringComparison.Ordinal);
        Assert.NotNull(answer.Header("X-Request-Id"));
    }

    [Theory]
    [InlineData("Bearer secret-1", "0")]
    [InlineData("Bearer other", "16")]
    [InlineData(null, "16")]
    public async Task Keys_are_metadata_and_a_wrong_one_is_UNAUTHENTICATED(string? authorization, string status)
    {
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect(), key: "secret-1");
        var answer = await CallAsync(
            server, Frame(Message), Logs, authorization is null ? [] : [("Authorization", authorization)]);
        Assert.Equal(status, answer.Trailers.GetValueOrDefault("grpc-status") ?? answer.Header("grpc-status"));
    }

    [Theory]
    [InlineData("/opentelemetry.proto.collector.logs.v1.LogsService/Import", 200, "12")]
    [InlineData("/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export", 200, "12")]
    [InlineData("/grpc.health.v1.Health/Check", 200, "12")]
    [InlineData("/other.Service/Method", 404, null)]
    public async Task Other_methods_are_UNIMPLEMENTED(string path, int status, string? grpc)
    {
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect());
        var answer = await CallAsync(server, Frame(Message), path);
        Assert.Equal((status, grpc), (answer.Status, answer.Header("grpc-status")));
    }

    [Fact]
    public async Task What_is_no_call_of_gRPC_is_answered_as_HTTP_is()
    {
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect());
        var answer = await server.SendAsync("POST", Logs, Frame(Message), "application/grpc+json");
        Assert.Equal((415, null), (answer.Status, answer.Header("grpc-status")));
        Assert.Equal(415, (await server.SendAsync("POST", Logs, Message, "application/x-protobuf")).Status);
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData("100m")]
    [InlineData("100000u")]
    public async Task A_call_waits_no_longer_than_its_client_does(string timeout)
    {
        var options = new OtlpGrpcDialectOptions { AdmissionWait = TimeSpan.FromSeconds(60) };
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect(), options);
        server.Gate.Close(RefusalCode.DiskPressure, "Because.");
        var answer = await CallAsync(server, Frame(Message), Logs, ("grpc-timeout", timeout));
        Assert.Equal("14", answer.Header("grpc-status"));
    }

    [Fact]
    public async Task A_call_outlasts_pressure_that_is_shorter_than_its_deadline()
    {
        var options = new OtlpGrpcDialectOptions { AdmissionWait = TimeSpan.FromSeconds(30) };
        await using var server = await DialectServer.StartAsync(new OtlpGrpcDialect(), options);
        server.Gate.Close(RefusalCode.DiskPressure, "Because.");
        var pending = CallAsync(server, Frame(Message), Logs, ("grpc-timeout", "30S"));
        await Poll.Until("it waits", () => Task.FromResult(server.Waiting == 1));
        server.Gate.Open(RefusalCode.DiskPressure);
        Assert.Equal("0", (await pending).Trailers["grpc-status"]);
    }

    [Theory]
    [InlineData("10S", 10_000)]
    [InlineData("1H", 3_600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("99999999m", 99_999_999)]
    [InlineData("1000000n", 1)]
    [InlineData("999999999m", null)]
    [InlineData("S", null)]
    [InlineData("-1S", null)]
    [InlineData("1x", null)]
    [InlineData("", null)]
    public void A_deadline_is_digits_and_a_unit_and_anything_else_is_none(string text, int? milliseconds)
    {
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        context.Request.Headers["grpc-timeout"] = text;
        Assert.Equal(milliseconds, GrpcRequest.Timeout(context.Request)?.TotalMilliseconds);
    }

    private static Task<DialectAnswer> CallAsync(
        DialectServer server, byte[] body, string path, params (string Name, string Value)[] headers) =>
        server.SendAsync("POST", path, body, Grpc, [.. headers, ("TE", "trailers")]);

    private static byte[] Frame(byte[] message, byte flag = 0)
    {
        var prefix = new byte[5];
        prefix[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), message.Length);
        return [.. prefix, .. message];
    }

    private static byte[] Packed(string encoding, byte[] plain)
    {
        using var packed = new MemoryStream();
        using (Stream stream = encoding == "gzip"
            ? new GZipStream(packed, CompressionLevel.Fastest) : new ZLibStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(plain);
        }
        return packed.ToArray();
    }
}
