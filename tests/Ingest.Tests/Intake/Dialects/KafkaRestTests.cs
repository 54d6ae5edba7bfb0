using System.Text;
using System.Text.Json;
using Ingest.Health;
using Ingest.Intake.Dialects.KafkaRest;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>Produce requests of the REST Proxy for Kafka: values are events, keys order them, offsets are the log's numbers.</summary>
public sealed class KafkaRestTests
{
    private const string Json = "application/vnd.kafka.json.v2+json";
    private const string Binary = "application/vnd.kafka.binary.v2+json";

    [Theory]
    [InlineData(Json, "{\"records\":[{\"value\":{\"a\": 1}},{\"key\":\"k\\u00e9\",\"value\":[2]},{\"key\":{\"id\":7},\"value\":\"t\"}]}",
        "{\"a\": 1}|[2]|\"t\"", "|ké|{\"id\":7}")]
    [InlineData(Json, "{\"value_schema_id\":null,\"records\":[{\"value\":null,\"key\":null},{\"value\":1,\"key\":5,\"partition\":3}]}",
        "null|1", "|5")]
    [InlineData(Binary, "{\"records\":[{\"key\":\"aw==\",\"value\":\"Pz8\\/\"},{\"value\":\"\",\"key\":\"\\/w==\"},{\"value\":\"Mg==\"}]}",
        "???||2", "k|/w==|")]
    public async Task Values_are_events_byte_for_byte_and_keys_order_them(string type, string body, string payloads, string keys)
    {
        await using var server = await DialectServer.StartAsync(new KafkaRestDialect());
        var answer = await SendAsync(server, "/topics/orders", body, type);
        Assert.True(answer.Status == 200, answer.Body);
        Assert.Equal(payloads.Split('|'), server.Payloads);
        Assert.Equal(keys.Split('|'), server.Queue.Events.Select(stored => Encoding.UTF8.GetString(stored.Key)));
        Assert.All(server.Queue.Events, stored => Assert.Equal("orders", DialectServer.Stream(stored)));
    }

    [Theory]
    [InlineData("application/vnd.kafka.v1+json", "eyJhIjoxfQ==")]
    [InlineData("application/vnd.kafka.binary.v1+json; charset=utf-8", "eyJhIjoxfQ==")]
    [InlineData("application/vnd.kafka.json.v1+json", null)]
    public async Task Version_1_is_the_same_under_its_own_names(string type, string? base64)
    {
        await using var server = await DialectServer.StartAsync(new KafkaRestDialect());
        var value = base64 is null ? "{\"a\":1}" : $"\"{base64}\"";
        var answer = await SendAsync(
            server, "/topics/orders", $"{{\"records\":[{{\"value\":{value},\"key\":null,\"partition\":null}}]}}", type);
        Assert.Equal((200, "application/vnd.kafka.v1+json"), (answer.Status, answer.Header("Content-Type")));
        Assert.Equal(["{\"a\":1}"], server.Payloads);
    }

    [Fact]
    public async Task The_answer_has_an_offset_for_each_record_and_the_partition_that_was_asked_for()
    {
        await using var server = await DialectServer.StartAsync(new KafkaRestDialect());
        await SendAsync(server, "/topics/orders", "{\"records\":[{\"value\":0}]}");
        var answer = await SendAsync(server, "/topics/orders/partitions/4", "{\"records\":[{\"value\":1},{\"value\":2}]}");
        Assert.Equal("application/vnd.kafka.v2+json", answer.Header("Content-Type"));
        var root = JsonSerializer.Deserialize<JsonElement>(answer.Body);
        var offsets = root.GetProperty("offsets").EnumerateArray().ToList();
        Assert.Equal([4, 4], offsets.Select(offset => offset.GetProperty("partition").GetInt32()));
        Assert.Equal([2L, 3L], offsets.Select(offset => offset.GetProperty("offset").GetInt64()));
        Assert.All(offsets, offset => Assert.Equal(JsonValueKind.Null, offset.GetProperty("error_code").ValueKind));
        Assert.Equal(JsonValueKind.Null, root.GetProperty("key_schema_id").ValueKind);
    }

    [Theory]
    [InlineData("application/json", "{\"records\":[{\"value\":1}]}", 415, 415)]
    [InlineData("application/vnd.kafka.v2+json", "{\"records\":[{\"value\":\"Mg==\"}]}", 415, 415)]
    [InlineData("application/vnd.kafka.avro.v2+json", "{\"value_schema_id\":1,\"records\":[{\"value\":1}]}", 415, 415)]
    [InlineData(Json, "{\"records\":[{\"key\":1}]}", 400, 400)]
    [InlineData(Json, "{\"records\":[]}", 400, 400)]
    [InlineData(Json, "{\"records\":[{\"value\":1}]", 400, 400)]
    [InlineData(Json, "{}", 400, 400)]
    [InlineData(Binary, "{\"records\":[{\"value\":\"Mg==\"},{\"value\":\"?\"}]}", 400, 400)]
    [InlineData(Binary, "{\"records\":[{\"value\":\"Mg==\",\"key\":\"?\"}]}", 400, 400)]
    [InlineData(Binary, "{\"records\":[{\"value\":null}]}", 400, 400)]
    public async Task What_cannot_be_taken_stores_nothing_and_says_why(string type, string body, int status, int code)
    {
        await using var server = await DialectServer.StartAsync(new KafkaRestDialect());
        var answer = await SendAsync(server, "/topics/orders", body, type);
        Assert.Equal(status, answer.Status);
        Assert.Equal(code, JsonSerializer.Deserialize<JsonElement>(answer.Body).GetProperty("error_code").GetInt32());
        Assert.Empty(server.Payloads);
    }

    [Fact]
    public async Task A_topic_that_is_no_stream_is_not_found_and_pressure_is_429()
    {
        await using var server = await DialectServer.StartAsync(new KafkaRestDialect());
        var answer = await SendAsync(server, "/topics/No%20Stream", "{\"records\":[{\"value\":1}]}");
        var code = JsonSerializer.Deserialize<JsonElement>(answer.Body).GetProperty("error_code").GetInt32();
        Assert.Equal((404, 40401), (answer.Status, code));

        server.Gate.Close(RefusalCode.MemoryPressure, "Because.");
        answer = await SendAsync(server, "/topics/orders", "{\"records\":[{\"value\":1}]}");
        Assert.Equal((429, "7"), (answer.Status, answer.Header("Retry-After")));
    }

    private static Task<DialectAnswer> SendAsync(DialectServer server, string path, string body, string type = Json) =>
        server.SendAsync("POST", path, Encoding.UTF8.GetBytes(body), type);
}
