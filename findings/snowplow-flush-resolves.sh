#!/usr/bin/env bash
# The Snowplow tracker's flush() resolves while events are under way, and after a refusal, with nothing sent: a process that ends on it loses them.
#
# Expected: the types say "Promise that resolves when all emitters have flushed" and "in order to send all queued events to the collector". So
#           behind `await tracker.flush()` every tracked event has arrived, or the promise was rejected.
# Seen:     @snowplow/node-tracker 4.8.0 (npm). (1) With the buffer full a request begins by itself; flush() then finds a flush in progress and
#           resolves at once, with no event answered. (2) A collector that answers 503 leaves all events in memory; flush() resolves, is not
#           rejected, and nothing is sent again until another event is tracked or flush() is called anew. An application that may end has to
#           count events in `onRequestSuccess` and call flush() until all are there.
# Needs:    Node.js 20 or newer with npm. Fails (exit 1) when flush() waits for the answer, or tells of the refusal.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @snowplow/node-tracker@4.8.0
cat >flush.mjs <<'JS'
import { createServer } from "node:http";
import { buildStructEvent, newTracker } from "@snowplow/node-tracker";

async function attempt(status, bufferSize) {
  let answered = 0, refused = 0;
  const server = createServer((request, response) => {
    request.resume();
    // Later than the promise, if that does not wait for it.
    request.on("end", () => setTimeout(() => {
      status === 200 ? answered++ : refused++;
      response.writeHead(status).end();
    }, status === 200 ? 500 : 0));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const tracker = newTracker({ namespace: "n", appId: "a" }, {
    endpoint: "127.0.0.1", port: server.address().port, protocol: "http", bufferSize,
  });
  for (let number = 0; number < 3; number++) {
    tracker.track(buildStructEvent({ category: "c", action: "a" }));
  }
  await new Promise((begun) => setTimeout(begun, 100));
  const outcome = await tracker.flush().then(() => "resolved", () => "rejected");
  const seen = { outcome, answered, refused };
  server.closeAllConnections();
  server.close();
  return seen;
}

const early = await attempt(200, 3);
console.log(`flush() beside a full buffer: ${early.outcome}, ${early.answered} requests answered`);
const silent = await attempt(503, 10);
console.log(`flush() to a collector that says 503: ${silent.outcome}, ${silent.answered} requests taken, ${silent.refused} refused`);
const same = early.outcome === "resolved" && early.answered === 0
  && silent.outcome === "resolved" && silent.answered === 0 && silent.refused === 1;
console.log(same ? "as stated: two promises resolved, no event had arrived" : "CHANGED: flush() waits for the answer, or tells of the refusal");
process.exit(same ? 0 : 1);
JS
echo "@snowplow/node-tracker $(node -p 'JSON.parse(require("fs").readFileSync("node_modules/@snowplow/node-tracker/package.json")).version'), node $(node --version)"
node flush.mjs
