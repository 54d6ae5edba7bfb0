using System.Text;
using Ingest.Health;
using Ingest.Intake.Dialects.Hec;
using Ingest.Testing;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>Splunk's HTTP Event Collector: what its clients send, and answers they understand.</summary>
public sealed class HecTests
{
    private const string Event = "/services/collector/event";

    [Theory]
    [InlineData("{\"event\":\"a\"}", 1)]
    [InlineData("{\"event\":\"a\"}{\"event\":{\"b\":[1,{}]},\"time\":\"17.5\"}", 2)]
    [InlineData(" {\"event\":1}\r\n\n\t{\"event\":[]} ", 2)]
    [InlineData("[{\"event\":\"a\"} , {\"event\":false}]", 2)]
    public async Task Objects_one_after_another_are_events_byte_for_byte(string body, int count)
    {
        await using var server = await DialectServer.StartAsync(new HecDialect());
        foreach (var path in new[] { "/services/collector", Event, Event + "/1.0" })
        {
            var answer = await server.PostAsync(path, body);
            Assert.Equal((200, "{\"text\":\"Success\",\"code\":0}"), (answer.Status, answer.Body));
        }
        Assert.Equal(3 * count, server.Queue.Events.Count);
        Assert.All(server.Payloads, payload => Assert.Contains(payload, body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_index_names_the_stream_and_one_request_may_span_several()
    {
        await using var server = await DialectServer.StartAsync(new HecDialect());
        var answer = await server.PostAsync(
            Event + "?index=main", "{\"event\":1,\"index\":\"orders\"}{\"event\":2}{\"index\":\"or\\u0064ers\",\"event\":3}");
        Assert.Equal(200, answer.Status);
        Assert.Equal(["orders", "main", "orders"], server.Queue.Events.Select(DialectServer.Stream));
    }

    [Theory]
    [InlineData("", 400, 5, null)]
    [InlineData("  \n", 400, 5, null)]
    [InlineData("{\"event\":1}{\"event\":", 400, 6, 1)]
    [InlineData("{\"event\":1} nonsense", 400, 6, 1)]
    [InlineData("[{\"event\":1}", 400, 6, 1)]
    [InlineData("{\"event\":1}{\"time\":1}", 400, 12, 1)]
    [InlineData("{\"event\":null}", 400, 12, 0)]
    [InlineData("{\"event\":\"\"}", 400, 13, 0)]
    [InlineData("{\"event\":1,\"fields\":[1]}", 400, 15, 0)]
    [InlineData("{\"event\":1,\"index\":\"../etc\"}", 400, 7, 0)]
    [InlineData("{\"event\":1,\"index\":7}", 400, 7, 0)]
    public async Task What_is_wrong_is_said_with_the_collectors_codes_and_nothing_is_stored(string body, int status, int code, int? number)
    {
        await using var server = await DialectServer.StartAsync(new HecDialect());
        var answer = await server.PostAsync(Event, body);
        Assert.Equal(status, answer.Status);
        Assert.Contains($"\"code\":{code}", answer.Body, StringComparison.Ordinal);
        Assert.Equal(number is not null, answer.Body.Contains($"\"invalid-event-number\":{number}", StringComparison.Ordinal));
        Assert.Equal("application/json", answer.Header("Content-Type"));
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData("Authorization", "Splunk secret-1", 200, 0)]
    [InlineData("Authorization", "Basic eDpzZWNyZXQtMQ==", 200, 0)]
    [InlineData("X-Api-Key", "secret-1", 200, 0)]
    [InlineData("Authorization", "Splunk other", 403, 4)]
    [InlineData("X-Nothing", "1", 401, 2)]
    public async Task A_token_is_found_where_clients_put_it(string name, string value, int status, int code)
    {
        await using var server = await DialectServer.StartAsync(new HecDialect(), key: "secret-1");
        var answer = await server.PostAsync(Event, "{\"event\":1}", (name, value));
        Assert.Equal(status, answer.Status);
        Assert.Contains($"\"code\":{code}", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-1", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_may_be_in_the_query()
    {
        await using var server = await DialectServer.StartAsync(new HecDialect(), key: "secret-1");
        Assert.Equal(200, (await server.PostAsync(Event + "?token=secret-1", "{\"event\":1}")).Status);
        Assert.Equal(403, (await server.PostAsync(Event + "?token=secret-2", "{\"event\":1}")).Status);
    }

    [Fact]
    public async Task Raw_lines_are_text_events_with_the_querys_metadata()
    {
        await using var server = await DialectServer.StartAsync(new HecDialect());
        var answer = await server.PostAsync("/services/collector/raw?host=h-1&source=app&index=raw", "one\r\n\n{not json\nthree");
        Assert.Equal(200, answer.Status);
        Assert.Equal(["one", "{not json", "three"], server.Payloads);
        Assert.All(server.Queue.Events, stored => Assert.Equal(
            ("raw", "h-1", "app"),
            (DialectServer.Stream(stored), DialectServer.Attribute(stored, "host"), DialectServer.Attribute(stored, "source"))));
    }

    [Fact]
    public async Task Docker_is_let_in_by_OPTIONS_without_a_token()
    {
        await using var server = await DialectServer.StartAsync(new HecDialect(), key: "secret-1");
        var answer = await server.SendAsync("OPTIONS", Event + "/1.0", []);
        Assert.Equal((200, ""), (answer.Status, answer.Body));
        Assert.Equal(405, (await server.SendAsync("GET", Event, [])).Status);
    }

    [Fact]
    public async Task Health_is_worded_as_the_collectors()
    {
        await using var server = await DialectServer.StartAsync(new HecDialect());
        Assert.Equal("{\"text\":\"HEC is healthy\",\"code\":17}", (await server.SendAsync("GET", "/services/collector/health", [])).Body);
        server.Node.IsReady = false;
        var answer = await server.SendAsync("GET", "/services/collector/health/1.0", []);
        Assert.Equal((503, true), (answer.Status, answer.Body.Contains("\"code\":18", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_acknowledgement_is_a_sequence_number_and_true_once_it_is_durable()
    {
        await using var server = await DialectServer.StartAsync(new HecDialect());
        var answer = await server.PostAsync(Event, "{\"event\":1}{\"event\":2}", ("X-Splunk-Request-Channel", "c"));
        Assert.Equal("{\"text\":\"Success\",\"code\":0,\"ackId\":2}", answer.Body);
        server.Node.DurableSequence = 2;
        Assert.Equal("{\"acks\":{\"1\":true,\"2\":true,\"3\":false}}", (await Ack(server)).Body);
        Assert.Equal("{\"acks\":{\"1\":true,\"2\":true,\"3\":false}}", (await Ack(server)).Body);
        var unnamed = await server.PostAsync("/services/collector/ack", "{\"acks\":[1]}");
        Assert.Contains("\"code\":10", unnamed.Body, StringComparison.Ordinal);
        Assert.Equal(400, (await server.PostAsync("/services/collector/ack?channel=c", "{\"acks\":[1")).Status);
    }

    [Theory]
    [InlineData(1024 * 1024, 200, null)]
    [InlineData((1024 * 1024) + 1, 400, "close")]
    public async Task Who_asks_for_acknowledgements_with_too_large_a_body_is_refused_and_the_connection_ends(
        int bytes, int status, string? connection)
    {
        await using var server = await DialectServer.StartAsync(new HecDialect());
        var body = Encoding.ASCII.GetBytes("{\"acks\":[1]}".PadRight(bytes));
        var answer = await server.SendAsync("POST", "/services/collector/ack?channel=c", body);
        Assert.Equal((status, connection), (answer.Status, answer.Header("Connection")));
    }

    [Fact]
    public async Task Who_asks_for_acknowledgements_too_slowly_is_refused()
    {
        await using var server = await DialectServer.StartAsync(
            new HecDialect(), configure: options => options.BodyDeadline = TimeSpan.FromMilliseconds(200));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        using var wire = await RawConnection.ConnectAsync(server.Address.Port, patience.Token);
        byte[] request =
        [
            .. RawConnection.PostHead("/services/collector/ack?channel=c", "application/json", 100), .. "{\"acks\":["u8,
        ];
        var answer = await wire.ExchangeAsync(request, patience.Token);
        Assert.Equal((400, true), (answer.Status, answer.Close));
    }

    [Fact]
    public async Task In_delivered_mode_an_acknowledgement_is_true_once_every_lane_has_settled()
    {
        var options = new HecDialectOptions { Ack = HecAck.Delivered, AdmissionWait = TimeSpan.Zero };
        await using var server = await DialectServer.StartAsync(new HecDialect(), options);
        Assert.Equal("{\"acks\":{\"1\":false,\"2\":false,\"3\":false}}", (await Ack(server)).Body);
        server.Node.SettledSequence = 2;
        Assert.Equal("{\"acks\":{\"1\":true,\"2\":true,\"3\":false}}", (await Ack(server)).Body);
    }

    [Fact]
    public async Task Without_acknowledgements_who_asks_is_told_so()
    {
        var options = new HecDialectOptions { Ack = HecAck.Off, AdmissionWait = TimeSpan.Zero };
        await using var server = await DialectServer.StartAsync(new HecDialect(), options);
        var answer = await server.PostAsync(Event + "?channel=c", "{\"event\":1}");
        Assert.DoesNotContain("ackId", answer.Body, StringComparison.Ordinal);
        Assert.Contains("\"code\":14", (await Ack(server)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chosen_headers_are_kept_with_the_events_of_dialects_too()
    {
        await using var server = await DialectServer.StartAsync(new HecDialect(), configure: options => options.KeepHeaders = ["X-Pod"]);
        Assert.Equal(200, (await server.PostAsync("/services/collector", "{\"event\":1}{\"event\":2}", ("x-pod", "shop-1"))).Status);
        Assert.Equal(["shop-1", "shop-1"], server.Queue.Events.Select(stored => DialectServer.Attribute(stored, "x-pod")));
    }

    [Theory]
    [InlineData(RefusalCode.MemoryPressure)]
    [InlineData(RefusalCode.PolicyRefused)]
    public async Task What_passes_is_busy_with_a_time_to_come_back(RefusalCode reason)
    {
        await using var server = await DialectServer.StartAsync(new HecDialect());
        server.Gate.Close(reason, "Because.");
        var answer = await server.PostAsync(Event, "{\"event\":1}");
        Assert.Equal((503, "{\"text\":\"Server is busy\",\"code\":9}", "7"), (answer.Status, answer.Body, answer.Header("Retry-After")));
    }

    private static Task<DialectAnswer> Ack(DialectServer server) =>
        server.SendAsync("POST", "/services/collector/ack?channel=c", Encoding.ASCII.GetBytes("{\"acks\":[1,2,3]}"));
}
