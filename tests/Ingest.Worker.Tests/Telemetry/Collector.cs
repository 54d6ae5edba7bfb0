using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Ingest.Worker.Tests.Telemetry;

/// <summary>A collector of OTLP on the loopback, over HTTP or gRPC, that keeps what it is sent.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private const string Service = "/opentelemetry.proto.collector.";

    // Before each message of gRPC: a flag and a length.
    private const int FrameBytes = 5;

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _metrics = new();
    private readonly ConcurrentQueue<byte[]> _traces = new();

    private Collector(WebApplication app)
    {
        _app = app;
        app.MapPost("/v1/metrics", context => KeepAsync(context, _metrics));
        app.MapPost("/v1/traces", context => KeepAsync(context, _traces));
        app.MapPost(Service + "metrics.v1.MetricsService/Export", context => KeepFramedAsync(context, _metrics));
        app.MapPost(Service + "trace.v1.TraceService/Export", context => KeepFramedAsync(context, _traces));
    }

    /// <summary>Seconds of Retry-After in a 503 to everything over HTTP; null: everything is taken.</summary>
    internal int? Refusal { get; set; }

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

    internal static async Task<Collector> StartAsync(HttpProtocols protocols = HttpProtocols.Http1)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        var collector = new Collector(builder.Build());
        await collector._app.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task KeepAsync(HttpContext context, ConcurrentQueue<byte[]> kept)
    {
        if (Refusal is { } seconds)
        {
            await ReadAsync(context);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return;
        }
        kept.Enqueue(await ReadAsync(context));
        context.Response.ContentType = "application/x-protobuf";
    }

    private async Task KeepFramedAsync(HttpContext context, ConcurrentQueue<byte[]> kept)
    {
        kept.Enqueue((await ReadAsync(context))[FrameBytes..]);
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[FrameBytes]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Teams.Enqueue(context.Request.Headers["x-team"].ToString());
        return body.ToArray();
    }
}

/// <summary>A span as it was sent; identities in hexadecimal digits.</summary>
internal sealed record CollectedSpan(string Name, string Trace, string Span, string Parent, IReadOnlyList<string> Links);
