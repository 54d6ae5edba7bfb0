// Clients for .NET, of Clients.csproj, built by install.sh.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const program = at("../../../artifacts/clients/bin/Clients/release/clients");
const project = readFileSync(at("Clients.csproj"), "utf8");
const version = (name) => new RegExp(`Include="${name}" Version="([^"]+)"`).exec(project)[1];
const otlp = (signal, stream, isGrpc = false) => ({
  name: `OpenTelemetry .NET ${signal}${isGrpc ? " over gRPC" : ""}`, version: version("OpenTelemetry.Exporter.OpenTelemetryProtocol"),
  dialect: isGrpc ? "otlpgrpc" : "otlp", stream, stored: "body", command: [program, `otlp-${isGrpc ? "grpc-" : ""}${signal}`],
});
const signals = [["traces", "otlp_spans"], ["metrics", "otlp_metrics"], ["logs", "otlp_logs"]];

export const clients = !existsSync(program) ? [] : [
  ...signals.map(([signal, stream]) => otlp(signal, stream)), ...signals.map(([signal, stream]) => otlp(signal, stream, true)),
  {
    name: "Serilog.Sinks.OpenTelemetry", version: version("Serilog.Sinks.OpenTelemetry"), dialect: "otlp", stream: "otlp_logs", stored: "body",
    command: [program, "serilog-otlp"],
  },
  {
    name: "Serilog.Sinks.Seq", version: version("Serilog.Sinks.Seq"), dialect: "seq", stream: "seq", stored: "slice", command: [program, "serilog-seq"],
  },
  {
    name: "Elastic.Clients.Elasticsearch", version: version("Elastic.Clients.Elasticsearch"), dialect: "elastic", stream: "orders", stored: "slice",
    command: [program, "elastic"],
  },
  { name: "NEST BulkAll", version: version("NEST"), dialect: "elastic", stream: "orders", stored: "slice", command: [program, "nest"] },
  {
    name: "CloudNative.CloudEvents", version: version("CloudNative.CloudEvents"), stream: "orders", stored: "slice", identified: true,
    command: [program, "cloudevents"],
  },
  {
    name: "StandardWebhooks signs", version: version("StandardWebhooks"), dialect: "webhooks", stream: "hook", stored: "body", identified: true,
    settings: {
      "Dialects:webhooks:Schemes:hook": "standard",
      "Dialects:webhooks:Secrets:hook": "whsec_" + Buffer.from("a secret of 24 bytes yes").toString("base64"),
    },
    command: [program, "standardwebhooks"],
  },
];
