// The table of docs/clients.md, between its markers: one line a client, one column a scenario.
import { readFileSync, writeFileSync } from "node:fs";

const [begin, end] = ["<!-- clients: begin -->", "<!-- clients: end -->"];
const columns = ["plain", "drained", "off", "killed"];
const stored = { slice: "each event, byte for byte", body: "whole bodies, byte for byte", value: "each value, decoded", content: "content" };

export function versionOf(module) {
  const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url)));
  return lock.packages[`node_modules/${module}`]?.version;
}

// What did not run this time stays as the table has it: the row of a client, with the version that was tried, or the cell of a scenario.
export function writeTable(file, clients, results) {
  const text = readFileSync(file, "utf8");
  const before = new Map(text.split("\n").filter((line) => line.startsWith("| ")).map((line) => [line.split(" | ")[0].slice(2), line]));
  const rows = clients.filter((client) => before.has(client.name) || results.some((one) => one.client === client.name)).map((client) => {
    if (!results.some((one) => one.client === client.name)) {
      return before.get(client.name);
    }
    const old = before.get(client.name)?.split(" | ").map((value) => value.replace(/ \|$/, "")) ?? [];
    const cells = columns.map((scenario, index) =>
      cell(client, results.find((one) => one.client === client.name && one.scenario === scenario)) ?? old[index + 4] ?? "-");
    return `| ${[client.name, client.version, client.dialect ?? "native", stored[client.stored], ...cells].join(" | ")} |`;
  });
  const table = [
    "| Client | Version | Dialect | Delivered as sent | Undisturbed | Drained, resumed | Stream off 5 s | kill -9 |",
    "|---|---|---|---|---|---|---|---|", ...rows,
  ].join("\n");
  const [head, tail] = [text.slice(0, text.indexOf(begin) + begin.length), text.slice(text.indexOf(end))];
  writeFileSync(file, `${head}\n${table}\n${tail}`);
}

// "all": every event the application gave the client arrived. Otherwise the client dropped some by itself, or sends each once, as a beacon
// does, and every promise is kept: what was answered as stored is delivered.
function cell(client, result) {
  if (!result) {
    return undefined;
  }
  if (result.faults.length > 0) {
    return "**broken**";
  }
  const some = `${result.delivered} of ${result.sent}${client.sendsOnce ? ", each sent once" : ""}`;
  return result.delivered === result.sent ? "all" : some;
}
