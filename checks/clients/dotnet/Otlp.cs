using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Clients;

/// <summary>OpenTelemetry for .NET: its exporters over HTTP and gRPC under the SDK's own processors.</summary>
internal static class Otlp
{
    internal static async Task TracesAsync(Surroundings surroundings, bool isGrpc = false)
    {
        using var source = new ActivitySource("check");
        using var provider = Sdk.CreateTracerProviderBuilder().AddSource("check").AddOtlpExporter(options =>
        {
            Point(options, surroundings, "traces", isGrpc);
            options.BatchExportProcessorOptions = new() { ScheduledDelayMilliseconds = 100, MaxExportBatchSize = 10 };
        }).Build();
        await foreach (var (_, mark) in surroundings.EventsAsync())
        {
            source.StartActivity(mark)!.Dispose();
        }
        provider.ForceFlush();
    }

    internal static async Task MetricsAsync(Surroundings surroundings, bool isGrpc = false)
    {
        using var meter = new Meter("check");
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter("check").AddOtlpExporter((options, reader) =>
        {
            Point(options, surroundings, "metrics", isGrpc);
            reader.TemporalityPreference = MetricReaderTemporalityPreference.Delta;
            reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = 200;
        }).Build();
        var counter = meter.CreateCounter<int>("orders");
        await foreach (var (number, mark) in surroundings.EventsAsync())
        {
            counter.Add(number, new KeyValuePair<string, object?>("mark", mark));
        }
        provider.ForceFlush();
    }

    internal static async Task LogsAsync(Surroundings surroundings, bool isGrpc = false)
    {
        using var factory = LoggerFactory.Create(logging => logging.AddOpenTelemetry(options => options.AddOtlpExporter((exporter, processor) =>
        {
            Point(exporter, surroundings, "logs", isGrpc);
            processor.BatchExportProcessorOptions = new() { ScheduledDelayMilliseconds = 100, MaxExportBatchSize = 10 };
        })));
        var logger = factory.CreateLogger("check");
        await foreach (var (number, mark) in surroundings.EventsAsync())
        {
            logger.LogInformation("{Mark} {Number}", mark, number);
        }
    }

    private static void Point(OtlpExporterOptions options, Surroundings surroundings, string signal, bool isGrpc)
    {
        options.Endpoint = new Uri(isGrpc ? surroundings.Url : $"{surroundings.Url}/v1/{signal}");
        options.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        options.Headers = $"Authorization=Bearer {surroundings.Key}";
    }
}
