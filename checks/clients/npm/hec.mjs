// Splunk's HTTP Event Collector. splunk-logging takes every status for success, so its callbacks claim nothing.
const common = { dialect: "hec", stored: "slice", claims: false };

export const clients = [{
  ...common, name: "splunk-logging", package: "splunk-logging", stream: "orders",
  async open({ address, key, report }) {
    const { default: splunk } = await import("splunk-logging");
    const logger = new splunk.Logger({ token: key, url: address, maxBatchCount: 7, batchInterval: 100, maxRetries: 5 });
    logger.error = (error) => report.error(error);
    return {
      send: (number, mark) => logger.send({ message: { number, mark }, metadata: { index: "orders", host: "h", sourcetype: "check" } }),
      close: () => new Promise((resolve) => {
        logger.flush(() => {});
        setTimeout(resolve, 8000);
      }),
    };
  },
}, {
  ...common, name: "winston-splunk-httplogger", package: "winston-splunk-httplogger", stream: "orders",
  async open({ address, key, report }) {
    const [{ default: winston }, { default: Splunk }] = [await import("winston"), await import("winston-splunk-httplogger")];
    const transport = new Splunk({ splunk: { token: key, url: address, index: "orders", maxRetries: 5 } });
    const logger = winston.createLogger({ transports: [transport] });
    logger.on("error", report.error);
    return {
      // Its own end does not wait for what it still has to send.
      send: (number, mark) => logger.info(mark, { number }),
      close: () => new Promise((resolve) => setTimeout(resolve, 8000)),
    };
  },
}, {
  ...common, name: "splunk-bunyan-logger", package: "splunk-bunyan-logger", stream: "default",
  async open({ address, key, report }) {
    const [{ default: bunyan }, { default: splunk }] = [await import("bunyan"), await import("splunk-bunyan-logger")];
    const stream = splunk.createStream({ token: key, url: address, maxBatchCount: 7, batchInterval: 100, maxRetries: 5 });
    stream.on("error", report.error);
    const logger = bunyan.createLogger({ name: "check", streams: [stream] });
    return {
      send: (number, mark) => logger.info({ number }, mark),
      close: () => new Promise((resolve) => { stream.flush(() => {}); setTimeout(resolve, 8000); }),
    };
  },
}];
