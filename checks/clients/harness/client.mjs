// One client in a process of its own: node client.mjs FAMILY NAME, the rest in the environment. What it tells goes to standard output,
// a line of JSON each: {"sent":1}, {"stored":1}, {"error":"..."}, {"done":true}.
import { mark } from "./oracle.mjs";

const [family, name] = process.argv.slice(2);
const { URL: address, KEY: key, FROM: from, COUNT: count, PACE: pace } = process.env;
const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const report = {
  stored: (number) => tell({ stored: number }),
  error: (error) => tell({ error: String(error?.message ?? error).slice(0, 300) }),
};
// Several clients hold the process open for nothing they still have to do.
setInterval(() => {}, 1000);
const { clients } = await import(`../npm/${family}.mjs`);
const definition = clients.find((client) => client.name === name);
const client = await definition.open({ url: new URL(address), address, key, report });
for (let number = Number(from); number < Number(from) + Number(count); number++) {
  tell({ sent: number });
  // Not awaited where a client queues by itself; those whose call is the request answer a promise.
  const sending = Promise.resolve(client.send(number, mark(number))).catch(report.error);
  if (definition.oneByOne) {
    await sending;
  }
  if (Number(pace) > 0) {
    await new Promise((resume) => setTimeout(resume, Number(pace)));
  }
}
try {
  await client.close();
} catch (error) {
  report.error(error);
}
tell({ done: true });
process.exit(0);
