// Log shippers of applications: Seq, Loki, Datadog.
import { createRequire } from "node:module";

const until = (transport) => new Promise((resolve) => { transport.once("close", resolve); transport.end(); });
// What some transports call their end does not wait for requests under way: an application that ends at once loses them.
const calm = () => new Promise((resolve) => setTimeout(resolve, 10_000));
// One block of Snappy, which no header says.
const unpacked = (body) => {
  try {
    return createRequire(import.meta.url)("snappy").uncompressSync(body);
  } catch {
    return body;
  }
};
const seq = { dialect: "seq", stream: "seq", stored: "slice" };
const loki = { dialect: "loki", stream: "loki", stored: "slice" };
const datadog = { dialect: "datadog", stream: "datadog", stored: "slice" };

export const clients = [{
  ...seq, name: "seq-logging", package: "seq-logging",
  async open({ address, key, report }) {
    const { Logger } = await import("seq-logging");
    const logger = new Logger({ serverUrl: address, apiKey: key, maxBatchingTime: 100, onError: report.error });
    return {
      send: (number, mark) => logger.emit({ timestamp: new Date(), level: "Information", messageTemplate: mark, properties: { number } }),
      close: () => logger.close(),
    };
  },
}, {
  ...seq, name: "bunyan-seq", package: "bunyan-seq",
  async open({ address, key, report }) {
    const [{ default: bunyan }, { default: stream }] = [await import("bunyan"), await import("bunyan-seq")];
    const made = stream.createStream({ serverUrl: address, apiKey: key, maxBatchingTime: 100, onError: report.error });
    const logger = bunyan.createLogger({ name: "check", streams: [made] });
    return { send: (number, mark) => logger.info({ number }, mark), close: () => new Promise((resolve) => made.stream.end(resolve)) };
  },
}, {
  ...seq, name: "pino-seq", package: "pino-seq",
  async open({ address, key, report }) {
    const [{ default: pino }, { default: toSeq }] = [await import("pino"), await import("pino-seq")];
    const stream = toSeq.createStream({ serverUrl: address, apiKey: key, maxBatchingTime: 100, onError: report.error });
    const logger = pino({}, stream);
    return { send: (number, mark) => logger.info({ number }, mark), close: () => new Promise((resolve) => stream.end(resolve)) };
  },
}, {
  ...seq, name: "@datalust/winston-seq", package: "@datalust/winston-seq",
  async open({ address, key, report }) {
    const [{ default: winston }, { SeqTransport }] = [await import("winston"), await import("@datalust/winston-seq")];
    const transport = new SeqTransport({ serverUrl: address, apiKey: key, maxBatchingTime: 100, onError: report.error });
    const logger = winston.createLogger({ transports: [transport] });
    return {
      send: (number, mark) => logger.info(mark, { number }),
      close: () => transport.flush(),
    };
  },
}, {
  ...loki, name: "winston-loki (JSON)", package: "winston-loki",
  async open({ address, key, report }) {
    const [{ default: winston }, { default: LokiTransport }] = [await import("winston"), await import("winston-loki")];
    const transport = new LokiTransport({
      host: address, basicAuth: `ingest:${key}`, json: true, interval: 1, replaceTimestamp: false, onConnectionError: report.error,
      labels: { app: "check" },
    });
    const logger = winston.createLogger({ transports: [transport] });
    return { send: (number, mark) => logger.info(mark, { number }), close: () => calm().then(() => transport.flush()) };
  },
}, {
  ...loki, name: "winston-loki (protobuf)", package: "winston-loki", stored: "content", reads: unpacked,
  async open({ address, key, report }) {
    const [{ default: winston }, { default: LokiTransport }] = [await import("winston"), await import("winston-loki")];
    const transport = new LokiTransport({
      host: address, basicAuth: `ingest:${key}`, json: false, interval: 1, replaceTimestamp: false, onConnectionError: report.error,
      labels: { app: "check" },
    });
    const logger = winston.createLogger({ transports: [transport] });
    return { send: (number, mark) => logger.info(mark, { number }), close: () => calm().then(() => transport.flush()) };
  },
}, {
  ...loki, name: "pino-loki", package: "pino-loki",
  async open({ address, key, report }) {
    const { default: pino } = await import("pino");
    const transport = pino.transport({
      target: "pino-loki",
      options: { host: address, basicAuth: { username: "ingest", password: key }, batching: { interval: 0.2 }, labels: { app: "check" } },
    });
    transport.on("error", report.error);
    const logger = pino(transport);
    return { send: (number, mark) => logger.info({ number }, mark), close: () => calm().then(() => until(transport)) };
  },
}, {
  ...datadog, name: "@datadog/datadog-api-client", package: "@datadog/datadog-api-client", oneByOne: true,
  async open({ url, key, report }) {
    const { client, v2 } = (await import("@datadog/datadog-api-client")).default;
    const configuration = client.createConfiguration({
      authMethods: { apiKeyAuth: key }, enableRetry: true, backoffBase: 2, maxRetries: 5,
      baseServer: new client.ServerConfiguration(url.origin, {}),
    });
    const api = new v2.LogsApi(configuration);
    return {
      async send(number, mark) {
        await api.submitLog({ body: [{ ddsource: "check", message: mark, service: "orders", ddtags: `n:${number}` }], contentEncoding: "gzip" });
        report.stored(number);
      },
      close: () => {},
    };
  },
}, {
  ...datadog, name: "pino-datadog-transport", package: "pino-datadog-transport",
  async open({ url, key, report }) {
    const { default: pino } = await import("pino");
    const transport = pino.transport({
      target: "pino-datadog-transport",
      options: {
        ddClientConf: { authMethods: { apiKeyAuth: key }, serverIndex: 1 }, ddServerConf: { name: url.host, protocol: "http" },
        sendImmediate: true,
      },
    });
    transport.on("error", report.error);
    const logger = pino(transport);
    return {
      send: (number, mark) => logger.info({ number }, mark),
      close: () => calm().then(() => until(transport)),
    };
  },
}];
