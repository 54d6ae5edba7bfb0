using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Ingest.Operations.Telemetry;

/// <summary>
/// Sends metrics and traces to a collector, on threads of its own; the pipeline never waits for it. Metrics are sums since the start, so
/// the next ones make up for those that were not taken; spans are kept and sent again (<see cref="SpanSender"/>).
/// </summary>
/// <param name="options">Checked.</param>
/// <param name="meters">Meters beside our own.</param>
/// <param name="resource">What is said of the node with everything.</param>
/// <param name="instruments">Where dropped spans are counted.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">For a collector that does not take what it is sent.</param>
internal sealed class OtlpExport(
    OtlpOptions options,
    IReadOnlyList<string> meters,
    IReadOnlyDictionary<string, string> resource,
    Instruments instruments,
    TimeProvider time,
    ILogger<OtlpExport> logger) : IHostedService, IDisposable
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
        .AddProcessor(_ => Sender())
        .Build();

    [SuppressMessage("Reliability", "CA2000", Justification = "The client owns the handler, the exporter the client, the processor it.")]
    private SpanSender Sender()
    {
        var answers = new CollectorAnswers(time);
        var exporter = new OtlpExporterOptions();
        Configure(exporter, "v1/traces");
        exporter.HttpClientFactory = () => new HttpClient(answers) { Timeout = options.Timeout };
        var delay = options.Interval < TraceDelayMax ? options.Interval : TraceDelayMax;
        return new SpanSender(new OtlpTraceExporter(exporter), answers, delay, instruments, time, logger);
    }

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
