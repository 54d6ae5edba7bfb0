using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Hosting;
using Ingest.Testing;
using Ingest.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>Dialects in a whole node: off by default, and one request over several streams is one commit with exact totals.</summary>
public sealed class NodeDialectsTests
{
    [Fact]
    public async Task A_dialect_is_served_only_where_it_is_enabled()
    {
        await using var node = await NodeHost.StartAsync("Dialects:hec:Enabled=true");
        Assert.Equal(200, await StatusAsync(node, "/services/collector", "{\"event\":1}"));
        Assert.Equal(404, await StatusAsync(node, "/v1/logs", "{}"));
    }

    [Fact]
    public async Task A_request_over_streams_is_counted_for_each_and_refused_whole_where_one_is_switched_off()
    {
        await using var node = await NodeHost.StartAsync("Dialects:hec:Enabled=true", "Dialects:hec:AdmissionWait=0");
        const string body = "{\"event\":1,\"index\":\"a\"}{\"event\":2,\"index\":\"b\"}{\"event\":3,\"index\":\"a\"}";
        Assert.Equal(200, await StatusAsync(node, "/services/collector", body));
        var totals = node.Services.GetRequiredService<IngestNode>().Writing.Totals;
        Assert.Equal(
            [("a", 2L), ("b", 1L)],
            totals.Snapshot().OrderBy(total => total.Stream).Select(total => (total.Stream, total.Events)));

        await File.WriteAllTextAsync(
            Path.Combine(node.Settings.Get<NodeOptions>().Data, "policy.json"),
            """{"streams":{"b":{"enabled":false}}}""",
            TestContext.Current.CancellationToken);
        await Poll.Until("the policy is in force", async () => await StatusAsync(node, "/services/collector", body) == 503);
        var before = totals.Snapshot().Sum(total => total.Events);
        Assert.Equal(503, await StatusAsync(node, "/services/collector", body));
        Assert.Equal(before, totals.Snapshot().Sum(total => total.Events));
        Assert.Equal(200, await StatusAsync(node, "/services/collector", "{\"event\":1,\"index\":\"a\"}"));
    }

    [Fact]
    public async Task A_further_listener_serves_the_same()
    {
        var port = FreePort.Next();
        await using var node = await NodeHost.StartAsync("Dialects:otlp:Enabled=true", $"Dialects:otlp:Listen=http://127.0.0.1:{port}");
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var answer = await client.PostAsJsonAsync(
            "/v1/traces", JsonDocument.Parse("{}").RootElement, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private static async Task<int> StatusAsync(NodeHost node, string path, string body)
    {
        using var content = new StringContent(body);
        using var answer = await node.Client.PostAsync(new Uri(node.Intake, path), content, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }
}
