// Pages of another origin in Chromium: what browsers send by themselves, and libraries for product analytics, as their packages bring them.
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Page, origin, version } from "../harness/chromium.mjs";

const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));

// begin is run on the page: it makes window.send, which is called with a number and its mark. Neither sees anything of this module.
// It may make window.settled too, which is asked for the end of all sending.
// gathers: how long the library keeps events before it sends them, in milliseconds.
const inPage = ({ name, file, begin, settings, gathers = 1_000, ...client }) => ({
  ...client, name: `${name} in Chromium`, isPage: true,
  version: client.package ? undefined : version,
  settings: { "Intake:Origins": origin, ...settings },
  async open({ address, key, report }) {
    const page = await Page.open({
      folder: client.package && `${modules}${client.package}`, script: file, profile: `${process.env.DIRECTORY}/profile`,
      report: ({ stored, error }) => (error ? report.error(error) : report.stored(stored)),
    });
    await page.evaluate(`(${begin})(${JSON.stringify({ address, key })})`);
    const called = [];
    return {
      send(number, mark) {
        called.push(page.evaluate(`void send(${number}, ${JSON.stringify(mark)})`));
        return called.at(-1);
      },
      // Nothing says when a library will send no more: what met pressure is sent again after some seconds.
      async close() {
        // On a busy machine the page comes to its calls late. A page that knows when it will send no more says so.
        await Promise.allSettled(called);
        await Promise.race([page.evaluate("window.settled?.()"), new Promise((resume) => setTimeout(resume, 80_000))]);
        await page.idle(Number(process.env.PACE) > 0 ? 12_000 : gathers);
        await page.leave();
        await page.idle(gathers);
        await page.close();
      },
    };
  },
});

const segment = (name, strategy) => inPage({
  name, package: "@segment/analytics-next", file: "dist/umd/index.js", dialect: "segment", stream: "events", stored: "slice",
  identified: true,
  begin: `async ({ address, key }) => {
    const host = { apiKey: key, apiHost: new URL(address).host + "/v1", protocol: "http" };
    const integrations = { "Segment.io": { ...host, deliveryStrategy: ${JSON.stringify(strategy)} } };
    const [analytics] = await AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnSettings: { integrations } });
    window.send = (number, mark) => { analytics.track("ordered", { number, mark, text: "Grüße, \\u{1F600}" }); };
  }`,
});

// posthog-js compresses without saying so.
const unpacked = (body) => (body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body);

export const clients = !version ? [] : [inPage({
  name: "fetch", stream: "orders", stored: "slice", identified: true,
  begin: ({ address, key }) => {
    // One after another, and the same again under the same key until it is stored. A page cannot tell a server that is away from one that refuses
    // its origin: after ten attempts without an answer it gives up.
    let unanswered = 0;
    const store = async (number, mark) => {
      while (unanswered < 10) {
        let wait = 1;
        try {
          const answer = await fetch(`${address}/v1/streams/orders/events`, {
            method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${key}`, "idempotency-key": mark },
            body: JSON.stringify({ number, mark, text: "Grüße, \u{1F600}" }),
          });
          unanswered = 0;
          if (answer.ok) {
            return report(JSON.stringify({ stored: number }));
          }
          report(JSON.stringify({ error: String(answer.status) }));
          if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
            return undefined;
          }
          wait = Number(answer.headers.get("retry-after") ?? 1);
        } catch (error) {
          unanswered++;
          report(JSON.stringify({ error: String(error) }));
        }
        await new Promise((resume) => setTimeout(resume, wait * 1000));
      }
      return undefined;
    };
    let last = Promise.resolve();
    window.send = (number, mark) => { last = last.then(() => store(number, mark)); };
    window.settled = () => last;
  },
}), inPage({
  name: "sendBeacon", stream: "orders", stored: "slice", sendsOnce: true, settings: { "Intake:KeysInQuery": "true" },
  begin: ({ address, key }) => {
    window.send = (number, mark) => {
      const body = new Blob([JSON.stringify({ number, mark, text: "Grüße, \u{1F600}" })], { type: "application/json" });
      navigator.sendBeacon(`${address}/v1/streams/orders/events?access_token=${key}`, body);
    };
  },
}), segment("@segment/analytics-next", { strategy: "standard" }),
segment("@segment/analytics-next, batches", { strategy: "batching", config: { size: 7, timeout: 500 } }), inPage({
  name: "posthog-js", package: "posthog-js", file: "dist/array.js", dialect: "posthog", stream: "events", stored: "slice", identified: true,
  reads: unpacked, gathers: 5_000,
  begin: ({ address, key }) => {
    posthog.init(key, {
      api_host: address, autocapture: false, capture_pageview: false, capture_pageleave: false, disable_session_recording: true,
      advanced_disable_flags: true, disable_surveys: true,
      // A browser without a window says so in its User-Agent, which the library takes for a robot.
      opt_out_useragent_filter: true,
    });
    window.send = (number, mark) => { posthog.capture("ordered", { number, mark, text: "Grüße, \u{1F600}" }); };
  },
}), inPage({
  name: "@snowplow/browser-tracker", package: "@snowplow/browser-tracker", file: "dist/index.umd.min.js", dialect: "snowplow",
  stream: "snowplow", stored: "slice",
  begin: ({ address, key }) => {
    const { newTracker, trackStructEvent } = snowplowBrowserTracking;
    newTracker("check", address, {
      appId: "check", encodeBase64: false, bufferSize: 7, customHeaders: { authorization: `Bearer ${key}` },
      onRequestSuccess: (events) => events.forEach((event) => report(JSON.stringify({ stored: Number(event.se_va ?? event.evt?.se_va) }))),
      onRequestFailure: (failure) => report(JSON.stringify({ error: failure.message })),
    });
    window.send = (number, mark) =>
      trackStructEvent({ category: "orders", action: "ordered", label: mark, property: "Grüße", value: number });
  },
}), inPage({
  // It sends most when the page is left.
  name: "@datadog/browser-logs", package: "@datadog/browser-logs", gathers: 4_000, file: "bundle/datadog-logs.js", dialect: "datadog",
  stream: "datadog", stored: "slice",
  begin: ({ address, key }) => {
    DD_LOGS.init({ clientToken: key, proxy: ({ path, parameters }) => `${address}${path}?${parameters}`, forwardErrorsToLogs: false });
    window.send = (number, mark) => { DD_LOGS.logger.info("Grüße", { number, mark }); };
  },
})];
