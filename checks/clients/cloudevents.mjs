// The cloudevents SDK as it comes: sends in all three modes, and reads the same events back from Kafka through its own Kafka binding.
// Usage: node cloudevents.mjs URL [BOOTSTRAPS TOPIC]
import { execFileSync } from "node:child_process";
import assert from "node:assert/strict";
import { CloudEvent, HTTP, Kafka, Mode, emitterFor, httpTransport } from "cloudevents";

const [url, bootstraps, topic] = process.argv.slice(2);
const patience = 120_000;

const made = (mode, number) => new CloudEvent({
  type: "com.example.order", source: "/tests/clients", subject: `${mode}/${number}`, partitionkey: `customer-${number}`,
  datacontenttype: "application/json", dataschema: "https://example.com/order.json", tenant: "north & south", data: { mode, number, text: "Grüße, \u{1F600}" },
});
const bytes = new CloudEvent({
  type: "com.example.picture", source: "/tests/clients", subject: "bytes", datacontenttype: "image/png",
  data: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x00, 0xff]),
});
const sent = new Map();
const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async function accepted(event, number, answer) {
  const { headers, body } = await answer;
  assert.equal(JSON.parse(body).accepted, number, body);
  assert.ok(headers["x-request-id"]);
  for (const one of [event].flat()) {
    sent.set(one.id, one);
  }
}

const binary = emitterFor(httpTransport(url), { mode: Mode.BINARY });
const structured = emitterFor(httpTransport(url), { mode: Mode.STRUCTURED });
for (const number of [1, 2, 3]) {
  const [one, other] = [made("binary", number), made("structured", number)];
  await accepted(one, 1, binary(one, { headers: { traceparent: trace } }));
  await accepted(other, 1, structured(other));
}
await accepted(bytes, 1, structured(bytes));
const batch = [1, 2, 3].map((number) => made("batch", number));
const message = { headers: { "content-type": "application/cloudevents-batch+json" }, body: JSON.stringify(batch) };
assert.equal(HTTP.toEvent(message).length, 3);
await accepted(batch, 3, httpTransport(url)(message));
console.log(`${sent.size} events sent in three modes`);

if (bootstraps) {
  const found = await readBack();
  for (const [id, event] of sent) {
    const back = found.get(id);
    assert.ok(back, `${event.subject} did not arrive`);
    assert.deepEqual(plain(back.event), plain(event));
    assert.equal(back.traceparent, event.subject.startsWith("binary") ? trace : undefined);
  }
  console.log(`${found.size} events came back from Kafka as they were sent`);
}

function plain(event) {
  const members = { ...event.toJSON() };
  // For a message without a key the SDK makes a partition key of nothing.
  members.partitionkey ??= undefined;
  members.data = event.data_base64 ? undefined : members.data;
  return JSON.parse(JSON.stringify(members));
}

async function readBack() {
  const deadline = Date.now() + patience;
  while (true) {
    const found = new Map();
    const args = ["-b", bootstraps, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J"];
    for (const line of execFileSync("kcat", args, { encoding: "utf8" }).split("\n").filter(Boolean)) {
      const { headers, payload, key } = JSON.parse(line);
      const named = {};
      for (let i = 0; i < headers.length; i += 2) {
        named[headers[i]] = headers[i + 1];
      }
      const event = Kafka.toEvent({ headers: named, value: payload, key, body: payload });
      found.set(event.id, { event, traceparent: named.traceparent });
    }
    if (found.size >= sent.size) {
      return found;
    }
    assert.ok(Date.now() < deadline, `${found.size} of ${sent.size} events are in Kafka`);
    await new Promise((resume) => setTimeout(resume, 200));
  }
}
