// Signatures made by the providers' own libraries; the sending is fetch's, and as providers do, the same bytes are sent again.
const secret = "whsec_" + Buffer.from("a secret of 24 bytes yes").toString("base64");
const body = (number, mark) => JSON.stringify({ id: mark, number, type: "order.created", text: "Grüße" });

async function post(address, name, text, headers, report, number) {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await fetch(`${address}/v1/hooks/${name}`, {
        method: "POST", body: text, headers: { "content-type": "application/json", ...headers },
      });
      if (answer.ok) {
        report.stored(number);
        return;
      }
      if (attempt === 160) {
        report.error(`${answer.status} ${await answer.text()}`);
        return;
      }
    } catch (error) {
      if (attempt === 160) {
        throw error;
      }
    }
    await new Promise((resume) => setTimeout(resume, 250));
  }
}

const hook = (name, scheme, module, sign, wanted = secret) => ({
  name: `${module} signs`, package: module, dialect: "webhooks", stream: "hook", stored: "body", identified: true, oneByOne: true,
  settings: { "Dialects:webhooks:Schemes:hook": scheme, "Dialects:webhooks:Secrets:hook": wanted },
  async open({ address, report }) {
    const library = await import(module);
    return {
      async send(number, mark) {
        const text = body(number, mark);
        await post(address, "hook", text, await sign(library, text, mark), report, number);
      },
      close: () => {},
    };
  },
});

/** Headers of a Standard Webhooks delivery under a prefix. One reading of the clock: the time is part of what is signed. */
function signed(prefix, { Webhook }, text, mark) {
  const now = new Date();
  return {
    [`${prefix}-id`]: mark,
    [`${prefix}-timestamp`]: String(Math.floor(now / 1000)),
    [`${prefix}-signature`]: new Webhook(secret).sign(mark, now, text),
  };
}

export const clients = [
  hook("standard", "standard", "standardwebhooks", (library, text, mark) => signed("webhook", library, text, mark)),
  hook("svix", "standard", "svix", (library, text, mark) => signed("svix", library, text, mark)),
  hook("stripe", "stripe", "stripe", ({ default: Stripe }, text) => ({
    "stripe-signature": Stripe.webhooks.generateTestHeaderString({ payload: text, secret: "whsec_stripe" }),
  }), "whsec_stripe"),
  hook("github", "github", "@octokit/webhooks", async ({ Webhooks }, text, mark) => ({
    "x-hub-signature-256": await new Webhooks({ secret: "hub" }).sign(text), "x-github-event": "push", "x-github-delivery": mark,
  }), "hub"),
];
