// OpenTelemetry: exporters under the SDK's own batch processors.
const batch = { scheduledDelayMillis: 100, maxExportBatchSize: 10, exportTimeoutMillis: 15_000 };

function exporter(report, made) {
  // The processors swallow a failed export: watch its result, as the SDK's own error handler does.
  const original = made.export.bind(made);
  made.export = (items, done) => original(items, (result) => {
    if (result.code !== 0) {
      report.error(result.error ?? "export failed");
    }
    done(result);
  });
  return made;
}

// Over gRPC a key is metadata; the path is the service's.
async function target(module, { address, key }, path) {
  if (!module.endsWith("-grpc")) {
    return { url: `${address}${path}`, headers: headers(key) };
  }
  const { Metadata } = (await import("@grpc/grpc-js")).default;
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  return { url: address, metadata, compression: path === "/v1/logs" ? "gzip" : "none" };
}

const headers = (key) => ({ authorization: `Bearer ${key}` });

async function traces(module, parts) {
  const { BatchSpanProcessor, BasicTracerProvider } = await import("@opentelemetry/sdk-trace-base");
  const { OTLPTraceExporter } = await import(module);
  const sink = exporter(parts.report, new OTLPTraceExporter(await target(module, parts, "/v1/traces")));
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(sink, batch)] });
  const tracer = provider.getTracer("check");
  return { send: (number, mark) => tracer.startSpan(mark).end(), close: () => provider.shutdown() };
}

async function logs(module, parts) {
  const { BatchLogRecordProcessor, LoggerProvider } = await import("@opentelemetry/sdk-logs");
  const { OTLPLogExporter } = await import(module);
  const sink = exporter(parts.report, new OTLPLogExporter(await target(module, parts, "/v1/logs")));
  const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter: sink, ...batch })] });
  const logger = provider.getLogger("check");
  return { send: (number, mark) => logger.emit({ body: mark, attributes: { number } }), close: () => provider.shutdown() };
}

async function metrics(module, parts) {
  const { MeterProvider, PeriodicExportingMetricReader, AggregationTemporality } = await import("@opentelemetry/sdk-metrics");
  const { OTLPMetricExporter } = await import(module);
  const sink = exporter(parts.report, new OTLPMetricExporter({
    ...await target(module, parts, "/v1/metrics"), temporalityPreference: AggregationTemporality.DELTA,
  }));
  const reader = new PeriodicExportingMetricReader({ exporter: sink, exportIntervalMillis: 200, exportTimeoutMillis: 200 });
  const provider = new MeterProvider({ readers: [reader] });
  const counter = provider.getMeter("check").createCounter("orders");
  return { send: (number, mark) => counter.add(number, { mark }), close: () => provider.shutdown() };
}

const kinds = [
  ["traces", "otlp_spans", traces, "trace"], ["logs", "otlp_logs", logs, "logs"], ["metrics", "otlp_metrics", metrics, "metrics"],
];

export const clients = kinds.flatMap(([kind, stream, open, short]) => ["http", "proto", "grpc"].map((suffix) => {
  const module = `@opentelemetry/exporter-${short}-otlp-${suffix}`;
  return { name: `otlp-${kind}-${suffix}`, package: module, dialect: suffix === "grpc" ? "otlpgrpc" : "otlp", stream, stored: "body", open: (parts) => open(module, parts) };
})).concat({
  name: "pino-opentelemetry-transport", package: "pino-opentelemetry-transport", dialect: "otlp", stream: "otlp_logs", stored: "body",
  async open({ address, key }) {
    const { default: pino } = await import("pino");
    const transport = pino.transport({
      target: "pino-opentelemetry-transport",
      options: {
        loggerName: "check", serviceVersion: "1", resourceAttributes: {},
        logRecordProcessorOptions: {
          recordProcessorType: "batch", processorConfig: batch,
          exporterOptions: { protocol: "http/protobuf", protobufExporterOptions: { url: `${address}/v1/logs`, headers: headers(key) } },
        },
      },
    });
    const logger = pino(transport);
    return { send: (number, mark) => logger.info({ number }, mark), close: () => ended(transport) };
  },
});

const ended = (transport) => new Promise((resolve) => { transport.once("close", resolve); transport.end(); });
