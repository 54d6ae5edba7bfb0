// HEC: every id that was ever told is true after kill -9; in delivered mode it is false while the sink is away, and true once it has the events.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { freePort } from "../../free-port.mjs";
import { IngestNode, key, until } from "../harness/node.mjs";

const requests = 1000;
const headers = { authorization: `Splunk ${key}`, "x-splunk-request-channel": "7a2f5a4e-4b1c-4d5e-9f00-1c2d3e4f5a6b" };

async function send(node, text) {
  const answer = await fetch(`http://127.0.0.1:${node.port}/services/collector`, { method: "POST", headers, body: text });
  assert.equal(answer.status, 200);
  return (await answer.json()).ackId;
}

async function ask(node, acks) {
  const answer = await fetch(`http://127.0.0.1:${node.port}/services/collector/ack`, {
    method: "POST", headers, body: JSON.stringify({ acks }),
  });
  return Object.values((await answer.json()).acks);
}

export async function prove(directory) {
  return `${await durable(`${directory}/durable`)}; ${await delivered(`${directory}/delivered`)}`;
}

async function durable(directory) {
  const node = new IngestNode({ directory, dialects: ["hec"] });
  await node.prepare();
  await node.start();
  const ids = [];
  let number = 0;
  // Killed with requests under way, once three quarters are answered.
  await Promise.allSettled(Array.from({ length: 16 }, async () => {
    while (number < requests) {
      ids.push(await send(node, JSON.stringify({ event: { number: number++ } })));
      if (ids.length === requests * 3 / 4) {
        await node.kill();
      }
    }
  }));
  assert.ok(ids.length >= requests * 3 / 4);
  await node.start();
  while (ids.length < requests) {
    ids.push(await send(node, JSON.stringify({ event: { number: number++ } })));
  }
  const answers = await ask(node, ids);
  assert.equal(new Set(ids).size, requests);
  assert.ok(answers.length === requests && answers.every((one) => one === true));
  assert.deepEqual(await ask(node, [Math.max(...ids) + 1]), [false]);
  await node.settled();
  const there = node.delivered().filter((event) => ids.includes(event.seq)).length;
  assert.equal(there, requests);
  await node.kill();
  return `${requests} requests, kill -9, ${answers.length} ids true and delivered`;
}

async function delivered(directory) {
  const port = await freePort();
  const node = new IngestNode({
    directory, dialects: ["hec"], sinks: ["http"],
    settings: { "Dialects:hec:Ack": "Delivered", "Sinks:http:Url": `http://127.0.0.1:${port}/` },
  });
  await node.prepare();
  await node.start();
  const ids = [];
  for (let number = 0; number < 20; number++) {
    ids.push(await send(node, JSON.stringify({ event: { number } })));
  }
  assert.ok((await ask(node, ids)).every((one) => one === false), "the sink is away");
  const sink = createServer((request, answer) => { request.resume(); request.on("end", () => answer.end()); });
  await new Promise((listening) => sink.listen(port, "127.0.0.1", listening));
  await until("the sink has all", async () => (await ask(node, ids)).every((one) => one === true));
  sink.close();
  sink.closeAllConnections();
  await node.kill();
  return `${ids.length} ids false while the sink was away, true with it`;
}
