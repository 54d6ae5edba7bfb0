// Elasticsearch and OpenSearch: the bulk helpers, single documents, and loggers that stand on them.
const base = { dialect: "elastic", stored: "slice" };

async function* documents(queue) {
  while (true) {
    const next = await queue.next();
    if (next === null) {
      return;
    }
    yield next;
  }
}

function makeQueue() {
  const [items, waiting] = [[], []];
  return {
    push: (item) => (waiting.length > 0 ? waiting.shift()(item) : items.push(item)),
    next: () => (items.length > 0 ? Promise.resolve(items.shift()) : new Promise((resolve) => waiting.push(resolve))),
  };
}

// The helper of all four clients: it batches, sends again what was refused, and counts.
async function helper(Client, { address, key, report }, settings) {
  const client = new Client({ node: address, auth: { username: "ingest", password: key } });
  const queue = makeQueue();
  const done = client.helpers.bulk({
    datasource: documents(queue), flushBytes: 500, retries: 10, wait: 1000,
    onDocument: () => ({ create: { _index: "orders" } }),
    ...settings,
    onDrop: ({ status, error, document }) => report.error(`${status} ${JSON.stringify(error)} ${document.number}`),
  });
  done.catch(report.error);
  return {
    send: (number, mark) => queue.push({ number, mark, text: "Grüße" }),
    async close() {
      queue.push(null);
      const { failed } = await done;
      if (failed > 0) {
        report.error(`${failed} failed`);
      }
    },
  };
}

// One request a document, as an application calls it.
async function single(Client, { address, key, report }) {
  const client = new Client({ node: address, auth: { username: "ingest", password: key } });
  return {
    async send(number, mark) {
      await client.index({ index: "orders", document: { number, mark } });
      report.stored(number);
    },
    close: () => client.close(),
  };
}

// The others take an option they do not know for a part of the query.
const tellsEach = ["@elastic/elasticsearch", "es8"];

export const clients = [
  ...[["@elastic/elasticsearch", "@elastic/elasticsearch"], ["es8", "@elastic/elasticsearch 8"], ["es7", "@elastic/elasticsearch 7"],
    ["@opensearch-project/opensearch", "@opensearch-project/opensearch"]].map(([module, name]) => ({
    ...base, name: `${name} helpers.bulk`, package: module, stream: "orders",
    async open(parts) {
      const { Client } = await import(module);
      const onSuccess = ({ document }) => parts.report.stored(document.number);
      return helper(Client, parts, tellsEach.includes(module) ? { onSuccess } : {});
    },
  })),
  {
    ...base, name: "@elastic/elasticsearch index", package: "@elastic/elasticsearch", stream: "orders", oneByOne: true,
    async open(parts) {
      const { Client } = await import("@elastic/elasticsearch");
      return single(Client, parts);
    },
  },
  {
    ...base, name: "winston-elasticsearch", package: "winston-elasticsearch", stream: "logs-app-default",
    async open({ address, key, report }) {
      const [{ default: winston }, { ElasticsearchTransport }] = [await import("winston"), await import("winston-elasticsearch")];
      const transport = new ElasticsearchTransport({
        flushInterval: 200, dataStream: true, clientOpts: { node: address, auth: { username: "ingest", password: key } },
      });
      transport.on("error", report.error);
      transport.on("warning", report.error);
      const logger = winston.createLogger({ transports: [transport] });
      return {
        send: (number, mark) => logger.info(mark, { number }),
        async close() {
          await transport.flush();
          await new Promise((resolve) => setTimeout(resolve, 8000));
        },
      };
    },
  },
  {
    ...base, name: "pino-elasticsearch", package: "pino-elasticsearch", stream: "orders",
    async open({ address, key, report }) {
      const [{ default: pino }, { default: elastic }] = [await import("pino"), await import("pino-elasticsearch")];
      const stream = elastic({
        index: "orders", node: address, auth: { username: "ingest", password: key }, esVersion: 8, flushBytes: 500, flushInterval: 200,
      });
      for (const name of ["error", "insertError", "unknown"]) {
        stream.on(name, report.error);
      }
      const inserted = new Promise((resolve) => stream.once("insert", resolve));
      const logger = pino({}, stream);
      return {
        send: (number, mark) => logger.info({ number }, mark),
        async close() {
          stream.end();
          await Promise.race([inserted, new Promise((resolve) => setTimeout(resolve, 60_000))]);
        },
      };
    },
  },
];
