// An import of 100,000 documents with the client's own helper, through a phase in which the log is full: nothing fails, and all arrive once.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { freePort } from "../../free-port.mjs";
import { IngestNode, key, until } from "../harness/node.mjs";

const documents = 100_000;
const padding = "x".repeat(900);

async function* orders() {
  for (let number = 1; number <= documents; number++) {
    yield { number, padding };
  }
}

export async function prove(directory) {
  const { Client } = await import("@elastic/elasticsearch");
  const port = await freePort();
  const node = new IngestNode({
    directory, dialects: ["elastic"], sinks: ["http"],
    settings: {
      "Sinks:http:Url": `http://127.0.0.1:${port}/`, "Wal:BytesMax": "64MiB", "Wal:SegmentBytes": "4MiB", "Intake:IdempotencyWindow": "0",
      // Nothing is held for a client that can send single items again: it is to see the pressure.
      "Dialects:elastic:AdmissionWait": "100ms",
    },
  });
  await node.prepare();
  await node.start();
  const client = new Client({ node: `http://127.0.0.1:${node.port}`, auth: { username: "ingest", password: key } });
  const dropped = [];
  const importing = client.helpers.bulk({
    datasource: orders(), flushBytes: 1_000_000, concurrency: 4, retries: 60, wait: 500,
    onDocument: () => ({ create: { _index: "orders" } }), onDrop: (document) => dropped.push(document),
  });
  // The sink comes only when the log is full.
  await until("the log is full", async () => (await node.status()).reasons.some((reason) => JSON.stringify(reason).includes("disk_pressure")));
  const counts = new Uint8Array(documents + 1);
  const sink = createServer((request, answer) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      for (const line of Buffer.concat(parts).toString().split("\n").filter(Boolean)) {
        counts[JSON.parse(line).data.number]++;
      }
      answer.end();
    });
  });
  await new Promise((listening) => sink.listen(port, "127.0.0.1", listening));
  const stats = await importing;
  await node.settled();
  sink.close();
  sink.closeAllConnections();
  await node.kill();
  assert.deepEqual({ failed: stats.failed, successful: stats.successful, dropped: dropped.length }, { failed: 0, successful: documents, dropped: 0 });
  assert.ok(stats.retry > 0, "there was pressure");
  assert.ok(counts.subarray(1).every((count) => count === 1), "each arrived once");
  return `${stats.successful} documents in ${(stats.time / 1000).toFixed(1)} s, ${stats.failed} failed, ${stats.retry / 2} items sent again`;
}
