using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Hosting;
using Ingest.Hosting.Settings;
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_of_gRPC_have_a_listener_of_their_own_that_speaks_HTTP2_alone(bool isTls)
    {
        var listen = $"{(isTls ? "https" : "http")}://127.0.0.1:{FreePort.Next()}";
        await using var node = await NodeHost.StartAsync(directory =>
        {
            var certificate = Path.Combine(directory, "server.pem");
            File.WriteAllText(certificate, TestCertificates.SelfSigned());
            return
            [
                "Dialects:otlpgrpc:Enabled=true", $"Dialects:otlpgrpc:Listen={listen}",
                .. isTls ? new[] { $"Listen:CertificatePath={certificate}" } : [],
            ];
        });
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=localhost";
        using var client = new HttpClient(handler);
        using var call = new HttpRequestMessage(
            HttpMethod.Post, $"{listen}/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 4, 0x0A, 2, 0x78, 1]),
        };
        call.Content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");
        using var answer = await client.SendAsync(call, TestContext.Current.CancellationToken);
        await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["0"], answer.TrailingHeaders.GetValues("grpc-status"));
        var totals = node.Services.GetRequiredService<IngestNode>().Writing.Totals;
        Assert.Equal([("otlp_spans", 1L)], totals.Snapshot().Select(total => (total.Stream, total.Events)));
    }

    [Theory]
    [InlineData("must name a listener", "Dialects:otlpgrpc:Listen=")]
    [InlineData("of its own", "Dialects:otlp:Enabled=true", "Dialects:otlp:Listen=http://127.0.0.1:4317")]
    public async Task A_listener_that_cannot_be_spoken_to_is_refused_at_the_start(string problem, params string[] assignments)
    {
        var refused = await Assert.ThrowsAsync<SettingsException>(
            () => NodeHost.StartAsync(["Dialects:otlpgrpc:Enabled=true", .. assignments]));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<int> StatusAsync(NodeHost node, string path, string body)
    {
        using var content = new StringContent(body);
        using var answer = await node.Client.PostAsync(new Uri(node.Intake, path), content, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }
}
