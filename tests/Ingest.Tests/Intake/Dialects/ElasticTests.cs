using System.Text;
using System.Text.Json;
using Ingest.Health;
using Ingest.Intake.Dialects.Elastic;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>Elasticsearch's bulks, documents and handshakes.</summary>
public sealed class ElasticTests
{
    private const string Lines = "{\"create\":{\"_index\":\"orders\",\"_id\":\"1\"}}\n{\"a\": 1}\n"
        + "{\"create\":{\"_index\":\"clicks\"}}\r\n{\"b\":2}\r\n";

    [Fact]
    public async Task Documents_are_events_byte_for_byte_and_each_index_is_a_stream()
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        var answer = await server.SendAsync("POST", "/_bulk", Encoding.UTF8.GetBytes(Lines), "application/x-ndjson");
        Assert.Equal(200, answer.Status);
        Assert.Equal(
            "{\"took\":0,\"errors\":false,\"items\":[{\"create\":{\"status\":201}},{\"create\":{\"status\":201}}]}", answer.Body);
        Assert.Equal("Elasticsearch", answer.Header("X-Elastic-Product"));
        Assert.Equal(["{\"a\": 1}", "{\"b\":2}"], server.Payloads);
        Assert.Equal(["orders", "clicks"], server.Queue.Events.Select(DialectServer.Stream));
        Assert.Equal("1", Encoding.UTF8.GetString(server.Queue.Events[0].Id));
        Assert.Equal("create", DialectServer.Attribute(server.Queue.Events[0], "elastic-op"));
    }

    [Fact]
    public async Task Each_event_has_what_its_own_action_line_says_however_lines_repeat_and_alternate()
    {
        string[] lines =
        [
            "{\"create\":{\"_index\":\"orders\"}}", "{\"index\":{\"_index\":\"orders-2026.11.28\"}}",
            "{\"create\":{\"_index\":\"clicks\"}}",
            "{\"create\":{\"_index\":\"orders\",\"_id\":\"7\"}}", "{\"create\":{\"_index\":\"orders\",\"routing\":\"k\"}}",
        ];
        var random = new Random(5);
        var chosen = Enumerable.Range(0, 60).Select(_ => random.Next(lines.Length)).SelectMany(line => new[] { line, line }).ToArray();
        var body = string.Concat(chosen.Select((line, number) => $"{lines[line]}\n{{\"n\":{number}}}\n"));
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        Assert.Equal(200, (await server.PostAsync("/_bulk", body)).Status);

        Assert.Equal(chosen.Select((_, number) => $"{{\"n\":{number}}}"), server.Payloads);
        Assert.Equal(
            chosen.Select(line => (
                Stream: line == 2 ? "clicks" : "orders",
                Operation: line == 1 ? "index" : "create",
                Index: line == 1 ? "orders-2026.11.28" : "",
                Id: line == 3 ? "7" : "",
                Key: line == 4 ? "k" : "")),
            server.Queue.Events.Select(stored => (
                DialectServer.Stream(stored),
                DialectServer.Attribute(stored, "elastic-op") ?? "",
                DialectServer.Attribute(stored, "elastic-index") ?? "",
                Encoding.UTF8.GetString(stored.Id),
                Encoding.UTF8.GetString(stored.Key))));
    }

    [Theory]
    [InlineData("orders-2026.11.28", "orders", "orders-2026.11.28")]
    [InlineData("orders-2026.1.28", "orders-2026.1.28", "")]
    [InlineData("-2026.11.28x", null, null)]
    public async Task A_date_at_the_end_is_no_part_of_the_stream(string index, string? stream, string? attribute)
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        var answer = await server.PostAsync($"/{index}/_bulk", "{\"index\":{}}\n{}\n");
        Assert.Equal(stream is null ? 404 : 200, answer.Status);
        Assert.Equal(stream is null ? [] : [stream], server.Queue.Events.Select(DialectServer.Stream));
        Assert.All(server.Queue.Events, stored => Assert.Equal(attribute, DialectServer.Attribute(stored, "elastic-index")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("{\"a\":1}\n")]
    [InlineData("{\"create\":{}}\n")]
    [InlineData("{\"create\":{}}\n[1]\n")]
    [InlineData("{\"create\":{}}\n{\"a\":1} x\n")]
    [InlineData("{\"create\":{},\"index\":{}}\n{}\n")]
    [InlineData("{\"create\":1}\n{}\n")]
    [InlineData("{\"create\":{}}\n{}\n{\"create\":{\n{}\n")]
    public async Task A_malformed_bulk_stores_nothing(string body)
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        var answer = await server.PostAsync("/orders/_bulk", body);
        Assert.Equal(400, answer.Status);
        Assert.Equal(400, JsonDocument.Parse(answer.Body).RootElement.GetProperty("status").GetInt32());
        Assert.Equal("Elasticsearch", answer.Header("X-Elastic-Product"));
        Assert.Empty(server.Queue.Events);
    }

    [Theory]
    [InlineData("{\"create\":{\"_index\":\"orders\"},\"attempts\":0}\n{\"a\":1}\n", 200)]
    [InlineData("{\"create\":{\"_index\":\"orders\"},\"a\":{\"b\":[1]},\"c\":null}\n{\"a\":1}\n", 200)]
    [InlineData("{\"create\":{\"_index\":\"orders\"},\"attempts\":0,\"delete\":{}}\n{\"a\":1}\n", 400)]
    [InlineData("{\"create\":{\"_index\":\"orders\"},\"attempts\"}\n{\"a\":1}\n", 400)]
    public async Task Members_beside_the_operation_are_the_clients_own(string body, int status)
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        Assert.Equal(status, (await server.PostAsync("/_bulk", body)).Status);
        Assert.Equal(status == 200 ? ["{\"a\":1}"] : [], server.Payloads);
    }

    [Fact]
    public async Task Changes_are_refused_item_by_item_unless_they_are_wanted()
    {
        const string body = "{\"index\":{\"_id\":\"1\",\"extra\":null}}\n{\"a\":1}\n"
            + "{\"update\":{\"_id\":\"1\"}}\n{\"doc\":{}}\n{\"delete\":{\"_id\":\"1\"}}\n";
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        using var answer = JsonDocument.Parse((await server.PostAsync("/orders/_bulk", body)).Body);
        Assert.True(answer.RootElement.GetProperty("errors").GetBoolean());
        Assert.Equal(3, answer.RootElement.GetProperty("items").GetArrayLength());
        Assert.Equal(["{\"a\":1}"], server.Payloads);

        var wanted = new ElasticDialectOptions { Changes = true, AdmissionWait = TimeSpan.Zero };
        await using var taking = await DialectServer.StartAsync(new ElasticDialect(), wanted);
        Assert.Contains("\"errors\":false", (await taking.PostAsync("/orders/_bulk", body)).Body, StringComparison.Ordinal);
        Assert.Equal(
            ["index", "update", "delete"], taking.Queue.Events.Select(stored => DialectServer.Attribute(stored, "elastic-op")));
    }

    [Fact]
    public async Task A_repeated_create_is_created_again_and_stored_once_and_an_index_is_a_new_version()
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        for (var i = 0; i < 2; i++)
        {
            var answer = await server.PostAsync("/_bulk", "{\"create\":{\"_index\":\"o\",\"_id\":\"1\"}}\n{\"a\":1}\n");
            Assert.Contains("{\"create\":{\"status\":201}}", answer.Body, StringComparison.Ordinal);
            await server.PostAsync("/_bulk", "{\"index\":{\"_index\":\"o\",\"_id\":\"1\"}}\n{\"a\":2}\n");
        }
        Assert.Equal(["{\"a\":1}", "{\"a\":2}", "{\"a\":2}"], server.Payloads);
    }

    [Theory]
    [InlineData("x-elastic-client-meta", "es=9.4.3,js=20.20.2,t=9.4.3", 200)]
    [InlineData("User-Agent", "opensearch-js/3.9.0 (linux)", 200)]
    [InlineData("X-Nothing", "1", 200)]
    [InlineData("User-Agent", "Fluent-Bit", 429)]
    [InlineData("User-Agent", "Filebeat/8.19", 429)]
    public async Task Back_pressure_is_worded_for_each_client(string name, string value, int status)
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        server.Gate.Close(RefusalCode.DiskPressure, "Because.");
        var answer = await server.PostAsync("/_bulk", Lines, (name, value));
        Assert.Equal(status, answer.Status);
        Assert.Contains("es_rejected_execution_exception", answer.Body, StringComparison.Ordinal);
        Assert.Equal("Elasticsearch", answer.Header("X-Elastic-Product"));
        Assert.Empty(server.Queue.Events);
        if (status == 200)
        {
            using var parsed = JsonDocument.Parse(answer.Body);
            Assert.Equal([429, 429], parsed.RootElement.GetProperty("items").EnumerateArray()
                .Select(item => item.GetProperty("create").GetProperty("status").GetInt32()));
        }
    }

    [Theory]
    [InlineData("es=7.17.5,net=10.0.12,t=7.17.5", "{\"_type\":\"_doc\",\"status\":201}")]
    [InlineData("es=8.19.2,js=20.20.2,t=8.10.1", "{\"status\":201}")]
    public async Task Clients_of_version_7_read_the_type_of_each_item(string client, string item)
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        var answer = await server.PostAsync("/_bulk", Lines, ("x-elastic-client-meta", client));
        Assert.Equal($"{{\"took\":0,\"errors\":false,\"items\":[{{\"create\":{item}}},{{\"create\":{item}}}]}}", answer.Body);
    }

    [Theory]
    [InlineData("GET", "/", "You Know, for Search")]
    [InlineData("HEAD", "/", "")]
    [InlineData("GET", "/_license", "active")]
    [InlineData("GET", "/_cluster/health", "green")]
    [InlineData("GET", "/_cat/health", "green")]
    [InlineData("PUT", "/_index_template/logs", "acknowledged")]
    [InlineData("HEAD", "/_ilm/policy/logs", "")]
    [InlineData("POST", "/orders/_refresh", "\"failed\":0")]
    [InlineData("POST", "/_flush", "\"failed\":0")]
    [InlineData("HEAD", "/orders", "")]
    [InlineData("PUT", "/orders", "\"index\":\"orders\"")]
    [InlineData("PUT", "/orders/_mapping", "acknowledged")]
    [InlineData("POST", "/_aliases", "acknowledged")]
    public async Task Handshakes_are_answered_with_the_product(string method, string path, string part)
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        var answer = await server.SendAsync(method, path, []);
        Assert.Equal((200, "Elasticsearch"), (answer.Status, answer.Header("X-Elastic-Product")));
        Assert.Contains(part, answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ApiKey c2VjcmV0LTE=", 200)]
    [InlineData("ApiKey b3RoZXI=", 401)]
    [InlineData("ApiKey aWQ6c2VjcmV0LTE=", 200)]
    [InlineData("ApiKey secret-1", 200)]
    [InlineData("Basic ZWxhc3RpYzpzZWNyZXQtMQ==", 200)]
    [InlineData("Basic ZWxhc3RpYzpvdGhlcg==", 401)]
    public async Task A_key_is_a_password_or_an_API_key(string authorization, int status)
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect(), key: "secret-1");
        var answer = await server.PostAsync("/_bulk", Lines, ("Authorization", authorization));
        Assert.Equal((status, "Elasticsearch"), (answer.Status, answer.Header("X-Elastic-Product")));
    }

    [Fact]
    public async Task Single_documents_are_created()
    {
        await using var server = await DialectServer.StartAsync(new ElasticDialect());
        var answer = await server.SendAsync("PUT", "/orders/_create/7", "{\"a\":1}"u8.ToArray());
        Assert.Equal(201, answer.Status);
        Assert.Contains("\"_id\":\"7\"", answer.Body, StringComparison.Ordinal);
        Assert.Equal(201, (await server.PostAsync("/orders/_doc", "{\"a\":2}")).Status);
        Assert.Equal(["{\"a\":1}", "{\"a\":2}"], server.Payloads);
    }
}
