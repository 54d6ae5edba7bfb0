using System.Text;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

/// <summary>What came in a client's own language goes out in it: two executables, the second takes the dialect of the first.</summary>
public sealed class PassingOnTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("elastic", "Bulk", "_bulk", "/_bulk", "logs", "application/x-ndjson",
        "{\"create\":{\"_index\":\"logs\",\"routing\":\"k\"}}\n{\"n\":1.50}\n"
        + "{\"index\":{\"_index\":\"logs\",\"routing\":\"k\"}}\n{\"n\":2}\n",
        "{\"n\":1.50}|{\"n\":2}")]
    [InlineData("hec", "HecAsStored", "services/collector/event", "/services/collector/event", "web", "application/json",
        "{\"event\":\"a\",\"index\":\"web\",\"time\":1.5}{\"event\":{\"n\":2},\"index\":\"web\"}",
        "{\"event\":\"a\",\"index\":\"web\",\"time\":1.5}|{\"event\":{\"n\":2},\"index\":\"web\"}")]
    [InlineData("otlp", "Otlp", "", "/v1/logs", "otlp_logs", "application/json", "{\"resourceLogs\":[]}", "{\"resourceLogs\":[]}")]
    [InlineData("otlp", "Otlp", "", "/v1/traces", "otlp_spans", "application/x-protobuf", "\n\u0002\n\u0000", "\n\u0002\n\u0000")]
    public async Task Events_of_a_dialect_arrive_through_its_format_as_they_came(
        string dialect, string format, string url, string path, string stream, string type, string body, string payloads)
    {
        var behind = new IngestSetup { Data = _directory["behind"], Sinks = ["file"] }.With(
            ($"Dialects:{dialect}:Enabled", "true"), ("Drain:BalancerDelay", "0"));
        var first = new IngestSetup { Data = _directory["first"], Sinks = ["http"] }.With(
            ("Sinks:http:Url", $"{behind.Intake}{url}"), ("Sinks:http:Format", format), ("Sinks:http:Compression", "Gzip"),
            ($"Dialects:{dialect}:Enabled", "true"), ("Drain:BalancerDelay", "0"));
        using var second = await IngestProcess.StartReadyAsync(behind);
        using var node = await IngestProcess.StartReadyAsync(first);

        using (var connection = await RawConnection.ConnectAsync(first.IntakePort, TestContext.Current.CancellationToken))
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            var head = RawConnection.PostHead(path, type, bytes.Length);
            var answer = await connection.ExchangeAsync((byte[])[.. head, .. bytes], TestContext.Current.CancellationToken);
            Assert.True(answer.Status == 200, answer.Text);
        }
        using (var admin = new AdminClient(first))
        {
            await Poll.Until("everything is decided", async () => (await LaneAsync(admin)).GetProperty("pendingEvents").GetInt64() == 0);
            Assert.Equal(0, (await LaneAsync(admin)).GetProperty("sum").GetProperty("deadLettered").GetInt64());
        }
        Assert.Equal(0, await node.StopAsync());
        Assert.Equal(0, await second.StopAsync());

        var arrived = new List<string>();
        DeliveredEvents.Read(
            Path.Combine(behind.Data, "out"), line => arrived.Add($"{line.Stream}: {Encoding.UTF8.GetString(line.Payload.Span)}"));
        Assert.Equal(payloads.Split('|').Select(payload => $"{stream}: {payload}"), arrived);
    }

    private static async Task<JsonElement> LaneAsync(AdminClient admin) => (await admin.StatusAsync()).GetProperty("lanes")[0];
}
