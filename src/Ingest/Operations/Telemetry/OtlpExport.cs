using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Ingest.Operations.Telemetry;

/// <summary>
/// Sends metrics and traces to a collector, on threads of its own. What the collector does not take in time is dropped: the pipeline
/// neither waits for it nor hears of it.
/// </summary>
/// <param name="options">Checked.</param>
/// <param name="meters">Meters beside our own.</param>
/// <param name="resource">What is said of the node with everything.</param>
internal sealed class OtlpExport(
    OtlpOptions options, IReadOnlyList<string> meters, IReadOnlyDictionary<string, string> resource) : IHostedService, IDisposable
{
    // Spans wait no longer than this for company.
    private static readonly TimeSpan TraceDelayMax = TimeSpan.FromSeconds(5);

    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Endpoint.Length > 0)
        {
            _metrics = Metrics();
            _traces = Traces();
        }
        return Task.CompletedTask;
    }

    /// <summary>Sends what is left. After the drain: its spans and last counts are part of it.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var patience = (int)options.Timeout.TotalMilliseconds;
            _traces?.Shutdown(patience);
            _metrics?.Shutdown(patience);
        },
        CancellationToken.None);

    /// <inheritdoc/>
    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private MeterProvider Metrics() => Sdk.CreateMeterProviderBuilder()
        .SetResourceBuilder(Resource())
        .AddMeter([Instruments.MeterName, .. meters])
        .AddOtlpExporter((exporter, reader) =>
        {
            Configure(exporter, "v1/metrics");
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.Interval.TotalMilliseconds;
            reader.PeriodicExportingMetricReaderOptions.ExportTimeoutMilliseconds = (int)options.Timeout.TotalMilliseconds;
        })
        .Build();

    private TracerProvider Traces() => Sdk.CreateTracerProviderBuilder()
        .SetResourceBuilder(Resource())
        .AddSource(Spans.SourceName)
        .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TraceRatio)))
        .AddOtlpExporter(exporter =>
        {
            Configure(exporter, "v1/traces");
            var delay = options.Interval < TraceDelayMax ? options.Interval : TraceDelayMax;
            exporter.BatchExportProcessorOptions.ScheduledDelayMilliseconds = (int)delay.TotalMilliseconds;
            exporter.BatchExportProcessorOptions.ExporterTimeoutMilliseconds = (int)options.Timeout.TotalMilliseconds;
        })
        .Build();

    private void Configure(OtlpExporterOptions exporter, string path)
    {
        var http = options.Protocol == OtlpProtocol.Http;
        exporter.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = http ? new Uri(new Uri(options.Endpoint.TrimEnd('/') + "/"), path) : new Uri(options.Endpoint);
        exporter.TimeoutMilliseconds = (int)options.Timeout.TotalMilliseconds;
        exporter.Headers = string.Join(',', options.Headers.Select(header => $"{header.Key}={Uri.EscapeDataString(header.Value)}"));
    }

    private ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddAttributes(resource.Select(pair => KeyValuePair.Create(pair.Key, (object)pair.Value)));
}
