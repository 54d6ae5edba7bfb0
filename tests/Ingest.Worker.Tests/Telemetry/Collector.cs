using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ingest.Worker.Tests.Telemetry;

/// <summary>A collector of OTLP over HTTP on the loopback that keeps what it is sent.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _metrics = new();
    private readonly ConcurrentQueue<byte[]> _traces = new();

    private Collector(WebApplication app)
    {
        _app = app;
        app.MapPost("/v1/metrics", context => KeepAsync(context, _metrics));
        app.MapPost("/v1/traces", context => KeepAsync(context, _traces));
    }

    internal string Url => _app.Urls.Single();

    /// <summary>Values of the header <c>x-team</c> that came with requests.</summary>
    internal ConcurrentQueue<string> Teams { get; } = new();

    /// <summary>Names of metrics: resource_metrics 1, scope_metrics 2, metrics 2, name 1.</summary>
    internal IReadOnlySet<string> MetricNames =>
        _metrics.SelectMany(body => new WireMessage(body).Messages(1, 2, 2)).Select(metric => metric.Text(1)).ToHashSet();

    /// <summary>Spans: resource_spans 1, scope_spans 2, spans 2.</summary>
    internal IReadOnlyList<CollectedSpan> Spans =>
        [.. _traces.SelectMany(body => new WireMessage(body).Messages(1, 2, 2)).Select(span => new CollectedSpan(
            span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4), [.. span.Messages(13).Select(link => link.Hex(2))]))];

    internal static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        await collector._app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task KeepAsync(HttpContext context, ConcurrentQueue<byte[]> kept)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        kept.Enqueue(body.ToArray());
        Teams.Enqueue(context.Request.Headers["x-team"].ToString());
        context.Response.ContentType = "application/x-protobuf";
    }
}

/// <summary>A span as it was sent; identities in hexadecimal digits.</summary>
internal sealed record CollectedSpan(string Name, string Trace, string Span, string Parent, IReadOnlyList<string> Links);
