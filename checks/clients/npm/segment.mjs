// Product analytics: each call's own callback says whether it arrived.
const properties = (number, mark) => ({ number, mark, text: "Grüße, \u{1F600}" });

// Each call is answered by a callback, and the end waits for all of them.
function called(analytics, report) {
  const answers = [];
  return {
    send(number, mark) {
      answers.push(new Promise((resolve) => analytics.track(
        { userId: "u-1", event: "ordered", properties: properties(number, mark) },
        (error) => { error ? report.error(error) : report.stored(number); resolve(); })));
    },
    async close() {
      await analytics.flush();
      await Promise.all(answers);
    },
  };
}

export const clients = [{
  name: "@segment/analytics-node", package: "@segment/analytics-node", dialect: "segment", stream: "events", stored: "slice", identified: true,
  async open({ address, key, report }) {
    const { Analytics } = await import("@segment/analytics-node");
    const analytics = new Analytics({ writeKey: key, host: address, flushAt: 7, flushInterval: 200 });
    analytics.on("error", (error) => report.error(error.reason ?? error.code));
    return {
      send: (number, mark) => analytics.track({ userId: "u-1", event: "ordered", properties: properties(number, mark) }, (error) =>
        (error ? report.error(error) : report.stored(number))),
      close: () => analytics.closeAndFlush(),
    };
  },
}, {
  name: "analytics-node", package: "analytics-node", dialect: "segment", stream: "events", stored: "slice", identified: true,
  async open({ address, key, report }) {
    const { default: Analytics } = await import("analytics-node");
    return called(new Analytics(key, { host: address, flushAt: 7, flushInterval: 200, errorHandler: report.error }), report);
  },
}, {
  name: "@rudderstack/rudder-sdk-node", package: "@rudderstack/rudder-sdk-node", dialect: "segment", stream: "events", stored: "slice",
  identified: true,
  async open({ address, key, report }) {
    const { default: RudderAnalytics } = await import("@rudderstack/rudder-sdk-node");
    return called(new RudderAnalytics(key, {
      // Without it, a batch that is given up ends the process.
      dataPlaneUrl: address, flushAt: 7, flushInterval: 200, errorHandler: report.error,
    }), report);
  },
}, {
  name: "posthog-node", package: "posthog-node", dialect: "posthog", stream: "events", stored: "slice", identified: true,
  async open({ address, key, report }) {
    const { PostHog } = await import("posthog-node");
    const client = new PostHog(key, { host: address, flushAt: 7, flushInterval: 200 });
    client.on("error", report.error);
    return {
      send: (number, mark) => client.capture({ distinctId: "u-1", event: "ordered", properties: properties(number, mark) }),
      close: () => client.shutdown(60_000),
    };
  },
}];
