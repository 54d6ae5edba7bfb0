// Producers of the REST Proxy for Kafka, and Snowplow's tracker.
const pause = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

// What the values of a request's records are, decoded: the events that it holds.
function values(body) {
  try {
    return Buffer.concat(JSON.parse(body).records.map((record) => Buffer.from(record.value, "base64")));
  } catch {
    return body;
  }
}

export const clients = [{
  name: "kafka-rest", package: "kafka-rest", dialect: "kafkarest", stream: "orders", stored: "value", reads: values,
  async open({ address, key, report }) {
    const { default: KafkaRest } = await import("kafka-rest");
    const client = new KafkaRest({ url: address, headers: { authorization: `Bearer ${key}` } });
    const topic = client.topic("orders");
    const answers = [];
    return {
      send(number, mark) {
        const record = { key: "c-1", value: JSON.stringify({ number, mark, text: "Grüße, \u{1F600}" }) };
        answers.push(new Promise((resolve) => topic.produce(record, (error) => {
          error ? report.error(error) : report.stored(number);
          resolve();
        })));
      },
      close: () => Promise.all(answers),
    };
  },
}, {
  name: "@snowplow/node-tracker", package: "@snowplow/node-tracker", dialect: "snowplow", stream: "snowplow", stored: "slice",
  async open({ url, key, report }) {
    const { buildStructEvent, newTracker } = await import("@snowplow/node-tracker");
    const waiting = new Set();
    const tracker = newTracker({ namespace: "check", appId: "check", encodeBase64: false }, {
      endpoint: url.hostname, port: Number(url.port), protocol: "http", bufferSize: 7, customHeaders: { authorization: `Bearer ${key}` },
      onRequestFailure: (failure) => report.error(failure.message),
      onRequestSuccess: (events) => events.forEach((event) => {
        waiting.delete(Number(event.se_va));
        report.stored(Number(event.se_va));
      }),
    });
    return {
      send(number, mark) {
        waiting.add(number);
        tracker.track(buildStructEvent({ category: "orders", action: "ordered", label: mark, property: "Grüße", value: number }));
      },
      // One flush at a time, and none after a failure: an application that has to be sure asks again.
      async close() {
        for (let round = 0; waiting.size > 0 && round < 100; round++) {
          await tracker.flush();
          await pause(100);
        }
      },
    };
  },
}];
