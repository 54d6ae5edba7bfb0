// Runs real clients against real nodes: node run.mjs [--quick [--pages]] [--only PART,...] [--scenario NAME,...] [--parallel N] [--table FILE] [--verbose]
// --quick: one client of each kind of answer, of those whose packages a test run installs (dependencies in package.json), undisturbed; one is
// killed instead. --quick --pages: pages in Chromium, from an origin that may send and from one that may not; ends with 77 where there is none.
// Exits 1 where a promise is broken, whatever a client gave up by itself.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run, scenarios } from "./harness/scenarios.mjs";
import { versionOf, writeTable } from "./harness/table.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean" }, pages: { type: "boolean" }, only: { type: "string" }, scenario: { type: "string" }, parallel: { type: "string", default: "3" },
    table: { type: "string" }, verbose: { type: "boolean" },
  },
});

const folder = (name) => new URL(`./${name}`, import.meta.url);

async function load() {
  const found = [];
  for (const file of readdirSync(folder("npm")).filter((name) => name.endsWith(".mjs")).sort()) {
    const family = file.slice(0, -4);
    const { clients } = await import(folder(`npm/${file}`));
    for (const client of clients) {
      found.push({ ...client, version: client.version ?? versionOf(client.package), command: [process.execPath, fileURLToPath(folder("harness/client.mjs")), family, client.name] });
    }
  }
  for (const part of ["debian", "dotnet"]) {
    found.push(...(await import(folder(`${part}/clients.mjs`))).clients);
  }
  return found;
}

const { dependencies } = JSON.parse(readFileSync(folder("package.json")));
const killed = "@segment/analytics-node";
const twins = ["@segment/analytics-next, batches in Chromium", "cloudevents STRUCTURED", "posthog-node", killed];
const wanted = (client) => (values.quick
  ? Boolean(client.isPage) === Boolean(values.pages) && (client.package ? client.package in dependencies : client.isPage)
    && !client.slow && !twins.includes(client.name)
  : !values.only || values.only.split(",").some((part) => client.name.includes(part)));
const all = await load();
const clients = all.filter(wanted);
if (!all.some((client) => client.isPage)) {
  console.log("Chromium is not installed: no page was tried");
  if (values.pages) {
    process.exit(77);
  }
}
const names = values.quick ? (values.pages ? ["plain", "refused"] : ["plain"]) : values.scenario ? values.scenario.split(",") : Object.keys(scenarios);
const queue = names.flatMap((name) => clients.filter((client) => scenarios[name].isFor?.(client) ?? true).map((client) => ({ client, name })));
if (values.quick && !values.pages) {
  queue.push({ client: all.find((client) => client.name === killed), name: "killed" });
}
const results = [];
await Promise.all(Array.from({ length: Number(values.parallel) }, async () => {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const result = await run(next.client, next.name);
    results.push(result);
    show(result);
  }
}));

const broken = results.filter((result) => result.faults.length > 0);
if (values.table) {
  writeTable(values.table, all, results);
}
console.log(`${results.length - broken.length} passed, ${broken.length} failed`);
process.exit(broken.length > 0 ? 1 : 0);

function show({ client, scenario, sent, delivered, refusals, faults, errors, noise, log, trace }) {
  console.log(`${faults.length === 0 ? "ok  " : "FAIL"} ${client}, ${scenario}: ${delivered} of ${sent} arrived, ${refusals} requests refused`);
  faults.slice(0, 8).forEach((fault) => console.log(`       ${fault}`));
  if (values.verbose) {
    [...new Set(errors ?? [])].slice(0, 5).forEach((error) => console.log(`       client: ${error}`));
    (trace ?? []).forEach((line) => console.log(`       ${line}`));
    console.log((noise || log || "").split("\n").slice(-15).map((line) => `       | ${line}`).join("\n"));
  }
}
