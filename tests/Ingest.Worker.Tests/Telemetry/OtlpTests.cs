using System.Net;
using System.Net.Http.Json;
using Ingest.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Ingest.Worker.Tests.Telemetry;

/// <summary>What a collector gets from a node, and what the node does without one.</summary>
public sealed class OtlpTests : IDisposable
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Producer = "00f067aa0ba902b7";

    private static readonly HttpClient Http = new();

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task One_trace_goes_from_the_producer_over_the_request_to_the_delivery()
    {
        await using var collector = await Collector.StartAsync();
        using var node = await StartAsync(
            ("Telemetry:Otlp:Endpoint", collector.Url), ("Telemetry:Otlp:TraceRatio", "0"), ("Telemetry:Otlp:Headers:x-team", "a = b%"));

        await PostAsync(node, $"00-{Trace}-{Producer}-01");
        await PostAsync(node, traceParent: null);
        await Poll.Until("the delivery's span is there", () => collector.Spans.Any(span => span.Name == "send file"));
        await Poll.Until("metrics are there", () => collector.MetricNames.Contains("messaging.client.operation.duration"));

        var intake = Assert.Single(collector.Spans, span => span.Name == "POST /v1/streams/{stream}/events");
        Assert.Equal((Trace, Producer), (intake.Trace, intake.Parent));
        var delivery = collector.Spans.First(span => span.Name == "send file");
        Assert.Equal((Trace, intake.Span), (delivery.Trace, delivery.Parent));
        var names = collector.MetricNames;
        Assert.Superset(
            new HashSet<string> { "http.server.request.duration", "ingest.commit.flush.duration", "messaging.client.operation.duration" },
            names.ToHashSet());
        var metrics = (await OpenMetricsAsync(node)).Split('\n');
        Assert.Contains(metrics, line => Leads(line, "http_server_request_duration_seconds_bucket", intake.Span));
        Assert.Contains(metrics, line => Leads(line, "messaging_client_operation_duration_seconds_bucket", delivery.Span));
        Assert.Contains(metrics, line => line.StartsWith(
            "messaging_client_operation_duration_seconds_count{lane=\"file\",messaging_operation_name=\"send\",messaging_system=\"file\","
                + "verdict=\"delivered\"}",
            StringComparison.Ordinal));
        Assert.All(collector.Teams, team => Assert.Equal("a = b%", team));

        // The event carries the trace on.
        var dump = (await Cli.RunAsync("wal", "dump", _directory["data"])).Is(ExitCode.Fine).Output.Split('\n');
        Assert.Contains($"\"traceparent\":\"00-{Trace}-{intake.Span}-01\"", dump[0], StringComparison.Ordinal);
        Assert.DoesNotContain("traceparent", dump[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_without_a_trace_get_one_as_often_as_asked_and_the_last_spans_are_sent_at_the_end()
    {
        await using var collector = await Collector.StartAsync();
        using var node = await StartAsync(
            ("Telemetry:Otlp:Endpoint", collector.Url), ("Telemetry:Otlp:TraceRatio", "1"), ("Telemetry:Otlp:Interval", "1h"));
        for (var i = 0; i < 3; i++)
        {
            await PostAsync(node, traceParent: null);
        }

        Assert.Equal(ExitCode.Fine, await node.StopAsync());

        var requests = collector.Spans.Where(span => span.Name.StartsWith("POST", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, requests.Select(span => span.Trace).Distinct().Count());
        var deliveries = collector.Spans.Where(span => span.Name == "send file").ToList();
        Assert.Equal(
            requests.Select(span => span.Span).Order(), deliveries.SelectMany(span => span.Links.Prepend(span.Parent)).Distinct().Order());
        Assert.Contains("http.server.request.duration", collector.MetricNames);
    }

    [Fact]
    public async Task A_collector_of_gRPC_gets_the_same()
    {
        await using var collector = await Collector.StartAsync(HttpProtocols.Http2);
        using var node = await StartAsync(
            ("Telemetry:Otlp:Endpoint", collector.Url),
            ("Telemetry:Otlp:Protocol", "Grpc"),
            ("Telemetry:Otlp:TraceRatio", "1"),
            ("Telemetry:Otlp:Headers:x-team", "a"));
        await PostAsync(node, traceParent: null);

        Assert.Equal(ExitCode.Fine, await node.StopAsync());

        Assert.Contains("send file", collector.Spans.Select(span => span.Name));
        Assert.Contains("http.server.request.duration", collector.MetricNames);
        Assert.All(collector.Teams, team => Assert.Equal("a", team));
    }

    [Fact]
    public async Task A_collector_that_is_not_there_changes_nothing_for_the_node()
    {
        using var node = await StartAsync(
            ("Telemetry:Otlp:Endpoint", $"http://127.0.0.1:{FreePort.Next()}"), ("Telemetry:Otlp:TraceRatio", "1"));
        for (var i = 0; i < 20; i++)
        {
            await PostAsync(node, traceParent: null);
        }

        Assert.Equal(HttpStatusCode.OK, await node.ReadinessAsync());
        Assert.Equal(ExitCode.Fine, await node.StopAsync());
        Assert.Contains("everything was delivered", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spans_that_a_collector_refuses_for_a_while_are_sent_again_and_none_is_lost()
    {
        await using var collector = await Collector.StartAsync();
        collector.Refusal = 2;
        using var node = await StartAsync(
            ("Telemetry:Otlp:Endpoint", collector.Url), ("Telemetry:Otlp:TraceRatio", "1"), ("Telemetry:Otlp:Timeout", "1s"));
        for (var i = 0; i < 50; i++)
        {
            await PostAsync(node, traceParent: null);
        }
        await Poll.Until("it is said", () => node.Output.Contains("does not take spans: ", StringComparison.Ordinal));

        collector.Refusal = null;

        await Poll.Until("all are there", () => Requests(collector) == 50);
        await Poll.Until("it is said", () => node.Output.Contains("takes spans again", StringComparison.Ordinal));
        Assert.Equal(ExitCode.Fine, await node.StopAsync());
    }

    [Fact]
    public async Task Spans_that_are_dropped_are_counted_and_said()
    {
        await using var collector = await Collector.StartAsync();
        collector.Refusal = 60;
        using var node = await StartAsync(
            ("Telemetry:Otlp:Endpoint", collector.Url), ("Telemetry:Otlp:TraceRatio", "1"), ("Telemetry:Otlp:Timeout", "1s"));
        await PostAsync(node, traceParent: null);

        Assert.Equal(ExitCode.Fine, await node.StopAsync());

        Assert.Contains("spans that the collector did not take; its last answer: ", node.Output, StringComparison.Ordinal);
    }

    private static int Requests(Collector collector) =>
        collector.Spans.Where(span => span.Name.StartsWith("POST", StringComparison.Ordinal)).Select(span => span.Span).Distinct().Count();

    private async Task<IngestProcess> StartAsync(params (string Key, string Value)[] settings) => await IngestProcess.StartReadyAsync(
        new IngestSetup { Data = _directory["data"], Sinks = ["file"] }
            .With([("Drain:BalancerDelay", "0"), ("Telemetry:Otlp:Interval", "1s"), .. settings]));

    private static bool Leads(string line, string name, string span) =>
        line.StartsWith(name, StringComparison.Ordinal)
        && line.Contains($"# {{trace_id=\"{Trace}\",span_id=\"{span}\"}} ", StringComparison.Ordinal);

    private static async Task<string> OpenMetricsAsync(IngestProcess node)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Setup.Admin, "/metrics"));
        request.Headers.Accept.ParseAdd("application/openmetrics-text");
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static async Task PostAsync(IngestProcess node, string? traceParent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Setup.Intake, "/v1/streams/orders/events"))
        {
            Content = JsonContent.Create(new { order = 1 }),
        };
        if (traceParent is not null)
        {
            request.Headers.Add("traceparent", traceParent);
        }
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
    }
}
