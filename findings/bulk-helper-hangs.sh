#!/usr/bin/env bash
# The bulk helper of OpenSearch's client for JavaScript stands still for ever when its flush timer runs out while all its requests are busy.
#
# Expected: client.helpers.bulk sends every document of its source, settles its promise, and counts what was sent: a server that takes its
#           time to answer is slow, no more.
# Seen:     with @opensearch-project/opensearch 3.9.0, flushBytes reached while `concurrency` requests are under way makes the helper wait
#           for a free one; if the source's next turn of `flushInterval` runs out meanwhile, the timer waits in the same single place, and
#           who waited first is forgotten. Its documents are never sent, the promise is never settled, and nothing is logged. A cluster,
#           or a node in front of one, that holds requests back for longer than flushInterval sets this off. A flushInterval well above
#           every wait of the server (its default is 30 s) is the way around it.
# Needs:    node 18 or later, npm with a registry. Fails (exit 1) when the import comes to its end: the behaviour has changed.
set -euo pipefail
command -v npm >/dev/null || { echo "npm is missing" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact @opensearch-project/opensearch@3.9.0 >/dev/null || exit 2
cat >import.js <<'JS'
import { createServer } from "node:http";
import { Client } from "@opensearch-project/opensearch";

// Every bulk is answered well, after 300 ms.
let seen = 0;
const server = createServer((request, answer) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => setTimeout(() => {
    const documents = Buffer.concat(parts).toString().trim().split("\n").length / 2;
    seen += documents;
    answer.writeHead(200, { "content-type": "application/json" });
    answer.end(JSON.stringify({ took: 0, errors: false, items: Array(documents).fill({ index: { status: 201 } }) }));
  }, 300));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const client = new Client({ node: `http://127.0.0.1:${server.address().port}` });

// 40 documents, 20 ms apart.
async function* documents() {
  for (let number = 1; number <= 40; number++) {
    yield { number, padding: "x".repeat(100) };
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

const done = client.helpers.bulk({
  datasource: documents(), onDocument: () => ({ index: { _index: "orders" } }), flushBytes: 500, flushInterval: 50, concurrency: 1,
});
const patience = new Promise((resolve) => setTimeout(resolve, 10_000, null));
const stats = await Promise.race([done, patience]);
console.log(stats === null
  ? `no end after 10 s: ${seen} of 40 documents were sent`
  : `ended: ${stats.successful} sent, ${stats.failed} failed, ${seen} seen by the server`);
process.exit(stats === null ? 0 : 1);
JS
if ! node import.js; then
  echo "CHANGED: the import came to its end"
  exit 1
fi
echo "as stated: the import stands still, without an error"
