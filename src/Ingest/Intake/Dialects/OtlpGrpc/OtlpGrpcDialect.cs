using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.OtlpGrpc;

/// <summary>OpenTelemetry's OTLP over gRPC: three unary methods, whose requests are the same events as those over HTTP.</summary>
internal sealed class OtlpGrpcDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "otlpgrpc";

    /// <inheritdoc/>
    public Type OptionsType => typeof(OtlpGrpcDialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options) =>
    [
        Exports("logs.v1.LogsService", new OtlpGrpcIntake(options, "otlp_logs")),
        Exports("trace.v1.TraceService", new OtlpGrpcIntake(options, "otlp_spans")),
        Exports("metrics.v1.MetricsService", new OtlpGrpcIntake(options, "otlp_metrics")),
        // Other services of OTLP, and those every server may have: health and reflection. For all others 404 says the same to a client.
        DialectRoute.Answers("/opentelemetry.proto.collector.{service}/{method}", UnimplementedAsync, HttpMethods.Post),
        DialectRoute.Answers("/grpc.{service}/{method}", UnimplementedAsync, HttpMethods.Post),
    ];

    private static DialectRoute Exports(string service, OtlpGrpcIntake intake) =>
        DialectRoute.Takes($"/opentelemetry.proto.collector.{service}/Export", intake);

    private static Task UnimplementedAsync(HttpContext context, IDialectNode node)
    {
        GrpcAnswer.Refuse(context, Otlp.OtlpStatus.Unimplemented, "The node has the Export methods of OTLP's logs, traces and metrics.");
        return Task.CompletedTask;
    }
}

/// <summary>Section <c>Dialects:otlpgrpc</c>.</summary>
public sealed class OtlpGrpcDialectOptions : DialectOptions
{
    /// <summary>
    /// With a listener of its own, for it speaks HTTP/2 alone: by default <c>http://127.0.0.1:4317</c>, the usual port on loopback.
    /// </summary>
    public OtlpGrpcDialectOptions() => Listen = "http://127.0.0.1:4317";

    /// <inheritdoc/>
    protected internal override bool NeedsHttp2 => true;
}
