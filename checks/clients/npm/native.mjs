// Clients of the native paths.
const again = async (call) => {
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await call();
      if (answer.status === 202 || attempt === 160) {
        return answer;
      }
    } catch (error) {
      if (attempt === 160) {
        throw error;
      }
    }
    await new Promise((resume) => setTimeout(resume, 250));
  }
};

const sdk = (mode) => ({
  name: `cloudevents ${mode}`, package: "cloudevents", stream: "orders", stored: mode === "BINARY" ? "body" : "body", identified: true,
  oneByOne: true,
  async open({ address, key, report }) {
    const { CloudEvent, HTTP, Mode } = await import("cloudevents");
    return {
      async send(number, mark) {
        const event = new CloudEvent({ type: "com.example.order", source: "/check", id: mark, data: { number, mark } });
        const { headers, body } = Mode[mode] === Mode.BINARY ? HTTP.binary(event) : HTTP.structured(event);
        const answer = await again(() => fetch(`${address}/v1/streams/orders/events`, {
          method: "POST", headers: { ...headers, authorization: `Bearer ${key}` }, body,
        }));
        answer.status === 202 ? report.stored(number) : report.error(`${answer.status} ${await answer.text()}`);
      },
      close: () => {},
    };
  },
});

export const clients = [sdk("BINARY"), sdk("STRUCTURED")];
