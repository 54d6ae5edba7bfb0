// Signatures by the providers' own libraries: each is taken, one flipped byte of the body is not, and during a rotation two secrets are.
import assert from "node:assert/strict";
import { IngestNode } from "../harness/node.mjs";

const standard = (seed) => "whsec_" + Buffer.from(seed.padEnd(24, "!")).toString("base64");

// One reading of the clock: the time is part of what is signed.
const signed = (prefix) => ({ Webhook }, secret, id, text) => {
  const now = new Date();
  return {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(Math.floor(now / 1000)),
    [`${prefix}-signature`]: new Webhook(secret).sign(id, now, text),
  };
};

const schemes = {
  standardwebhooks: {
    scheme: "standard", secrets: [standard("old"), standard("new")],
    sign: signed("webhook"),
  },
  svix: {
    scheme: "standard", secrets: [standard("old"), standard("new")],
    sign: signed("svix"),
  },
  stripe: {
    scheme: "stripe", secrets: ["whsec_old", "whsec_new"],
    sign: ({ default: Stripe }, secret, id, text) => ({
      "stripe-signature": Stripe.webhooks.generateTestHeaderString({ payload: text, secret }),
    }),
  },
  "@octokit/webhooks": {
    scheme: "github", secrets: ["old", "new"],
    sign: async ({ Webhooks }, secret, id, text) => ({
      "x-hub-signature-256": await new Webhooks({ secret }).sign(text), "x-github-event": "push", "x-github-delivery": id,
    }),
  },
};

export async function prove(directory) {
  const found = [];
  for (const [module, { scheme, secrets, sign }] of Object.entries(schemes)) {
    let library;
    try {
      library = await import(module);
    } catch {
      continue;
    }
    const node = new IngestNode({
      directory: `${directory}/${found.length}`, dialects: ["webhooks"],
      settings: { "Dialects:webhooks:Schemes:hook": scheme, "Dialects:webhooks:Secrets:hook": secrets.join(",") },
    });
    await node.prepare();
    await node.start();
    try {
      const post = async (secret, id, flip) => {
        const text = JSON.stringify({ id, text: "Grüße" });
        const headers = await sign(library, secret, id, text);
        const body = Buffer.from(text);
        if (flip >= 0) {
          body[flip] ^= 1;
        }
        const answer = await fetch(`http://127.0.0.1:${node.port}/v1/hooks/hook`, {
          method: "POST", body, headers: { "content-type": "application/json", ...headers },
        });
        return answer.status;
      };
      assert.equal(await post(secrets[0], "1"), 200);
      assert.equal(await post(secrets[1], "2"), 200);
      assert.equal(await post("whsec_" + Buffer.from("of another altogether..!").toString("base64"), "3"), 401);
      const length = Buffer.byteLength(JSON.stringify({ id: "4", text: "Grüße" }));
      for (let flip = 0; flip < length; flip++) {
        assert.equal(await post(secrets[0], "4", flip), 401, `byte ${flip}`);
      }
      await node.settled();
      assert.deepEqual(node.delivered().map((event) => JSON.parse(event.payload).id), ["1", "2"]);
      found.push(`${module} (${length} flipped bytes refused)`);
    } finally {
      await node.kill();
    }
  }
  assert.ok(found.length > 0, "no library is installed");
  return `verified with two secrets: ${found.join(", ")}`;
}
