// OTLP bodies in Kafka are what a consumer of OTLP reads there: decoded with a protobuf library by the messages of the specification.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { IngestNode, key } from "../harness/node.mjs";

const cluster = fileURLToPath(new URL("../../../artifacts/bin/Ingest.MockCluster/release/Ingest.MockCluster", import.meta.url));
// opentelemetry/proto/collector/logs/v1/logs_service.proto and logs/v1/logs.proto, the members that are looked at.
const messages = `syntax = "proto3";
message ExportLogsServiceRequest { repeated ResourceLogs resource_logs = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; string schema_url = 3; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeLogs { Scope scope = 1; repeated LogRecord log_records = 2; }
message Scope { string name = 1; }
message LogRecord { fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5; repeated KeyValue attributes = 6; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }`;

export async function prove(directory) {
  const { default: protobuf } = await import("protobufjs");
  const { LoggerProvider, BatchLogRecordProcessor } = await import("@opentelemetry/sdk-logs");
  const { OTLPLogExporter } = await import("@opentelemetry/exporter-logs-otlp-proto");
  const kafka = spawn(cluster, { stdio: ["pipe", "pipe", "ignore"] });
  const bootstraps = (await new Promise((resolve) => createInterface(kafka.stdout).once("line", resolve))).split(" ")[1];
  const node = new IngestNode({ directory, dialects: ["otlp"], sinks: ["kafka"], settings: { "Sinks:kafka:BootstrapServers": bootstraps } });
  try {
    await node.prepare();
    await node.start();
    const exporter = new OTLPLogExporter({ url: `http://127.0.0.1:${node.port}/v1/logs`, headers: { authorization: `Bearer ${key}` } });
    const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 10, scheduledDelayMillis: 50 })] });
    const logger = provider.getLogger("check");
    for (let number = 1; number <= 100; number++) {
      logger.emit({ body: `order ${number}`, attributes: { number } });
    }
    await provider.shutdown();
    await node.settled();
    const consumed = execFileSync("kcat", ["-b", bootstraps, "-C", "-t", "otlp_logs", "-o", "beginning", "-e", "-q", "-f", "%S\\n%s"]);
    const request = protobuf.parse(messages).root.lookupType("ExportLogsServiceRequest");
    const bodies = [...split(consumed)].flatMap((bytes) => request.decode(bytes).resourceLogs)
      .flatMap((resource) => resource.scopeLogs).flatMap((scope) => scope.logRecords).map((record) => record.body.stringValue);
    // Requests have no key, so they lie in any partition, and kcat reads those side by side: what is told is each record, once.
    const number = (body) => Number(body.split(" ")[1]);
    bodies.sort((one, other) => number(one) - number(other));
    assert.deepEqual(bodies, Array.from({ length: 100 }, (_, index) => `order ${index + 1}`));
    return `${bodies.length} log records decoded at a Kafka consumer, each once`;
  } finally {
    await node.kill();
    kafka.stdin.end();
  }
}

// Each message behind its length and a line's end.
function* split(bytes) {
  for (let at = 0; at < bytes.length;) {
    const line = bytes.indexOf(10, at);
    const end = line + 1 + Number(bytes.toString("latin1", at, line));
    yield bytes.subarray(line + 1, end);
    at = end;
  }
}
