// What a client meets while it sends: nothing, a drain that is taken back, its streams switched off for 5 s, kill -9 and a restart; a page also
// a node that takes from another origin alone.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IngestNode, key, until } from "./node.mjs";
import { judge } from "./oracle.mjs";
import { Tap } from "./tap.mjs";
import { Http2Tap } from "./tap2.mjs";

const pause = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));
const clientPatience = 120_000;

export const scenarios = {
  plain: { count: 40, pace: 0, disturb: async () => {} },
  drained: {
    count: 60, pace: 60,
    disturb: async (node) => { await node.admin("/drain"); await pause(2000); await node.admin("/resume"); },
  },
  off: {
    count: 80, pace: 80,
    disturb: async (node) => { node.policy({ enabled: false }); await pause(5000); node.policy({ enabled: true }); },
  },
  killed: { count: 60, pace: 150, disturb: async (node) => { await node.kill(); await node.start(); } },
  refused: {
    count: 10, pace: 0, disturb: async () => {}, isFor: (client) => client.isPage, settings: { "Intake:Origins": "http://other.localhost" },
  },
};

// Runs one client through one scenario and judges it.
export async function run(client, name) {
  const scenario = scenarios[name];
  const directory = mkdtempSync(join(tmpdir(), "ingest-client-"));
  const node = new IngestNode({ directory, dialects: client.dialect ? [client.dialect] : [], settings: { ...client.settings, ...scenario.settings } });
  const tap = client.dialect === "otlpgrpc" ? new Http2Tap(() => node.grpcPort) : new Tap(() => node.port);
  try {
    await node.prepare();
    await node.start();
    const port = await tap.listen();
    const started = start(client, port, scenario, directory);
    if (name !== "plain" && name !== "refused") {
      await Promise.race([until("the client got going", () => tap.accepted >= 3 || started.hasEnded()), started.ended]);
      await scenario.disturb(node);
    }
    const told = await started.ended;
    await node.settled();
    return verdict(client, name, judge({
      requests: tap.requests().map((one) => (client.reads ? { ...one, body: client.reads(one.body) } : one)), delivered: node.delivered(), sent: told.sent, claimed: client.claims === false ? [] : told.stored,
      stored: client.stored, identified: client.identified, stream: client.stream,
    }), told, tap);
  } catch (error) {
    return { client: client.name, scenario: name, faults: [`broken: ${error.stack}`], log: node.log };
  } finally {
    tap.close();
    await node.kill().catch(() => {});
    rmSync(directory, { recursive: true, force: true });
  }
}

function start(client, port, { count, pace }, directory) {
  const [command, ...words] = client.command;
  const environment = {
    ...process.env, URL: `http://127.0.0.1:${port}`, KEY: key, FROM: "1", COUNT: String(count), PACE: String(pace), DIRECTORY: directory,
  };
  const child = spawn(command, words, { env: environment, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const told = { sent: [], stored: [], errors: [], done: false, noise: "" };
  let rest = "";
  child.stdout.on("data", (bytes) => {
    const lines = (rest + bytes).split("\n");
    rest = lines.pop();
    lines.forEach((line) => read(line, told));
  });
  child.stderr.on("data", (bytes) => { told.noise = (told.noise + bytes).slice(-4000); });
  const limit = setTimeout(() => { told.errors.push("did not end"); process.kill(-child.pid, "SIGKILL"); }, clientPatience);
  const ended = new Promise((resolve) => {
    child.once("error", (error) => { told.errors.push(String(error)); clearTimeout(limit); resolve(told); });
    child.once("close", (code) => { clearTimeout(limit); resolve({ ...told, code }); });
  });
  return { ended, hasEnded: () => child.exitCode !== null };
}

function read(line, told) {
  let what;
  try {
    what = JSON.parse(line);
  } catch {
    told.noise += line + "\n";
    return;
  }
  if (what.sent) {
    told.sent.push(what.sent);
  } else if (what.stored) {
    told.stored.push(what.stored);
  } else if (what.error) {
    told.errors.push(what.error);
  } else if (what.done) {
    told.done = true;
  }
}

// Undisturbed, everything arrives at the first attempt and the client has nothing to complain of.
function verdict(client, scenario, judged, told, tap) {
  const faults = [...judged.faults];
  if (scenario === "plain") {
    if (judged.delivered !== judged.sent || judged.sent === 0) {
      faults.push(`missing: ${judged.delivered} of ${judged.sent} arrived`);
    }
    if (judged.refusals > 0) {
      faults.push(`refused: ${judged.refusals} requests (${judged.statuses.join(", ")})`);
    }
    told.errors.forEach((error) => faults.push(`error: ${error}`));
  }
  if (scenario === "refused") {
    // 0: the page left before the answer came.
    if (judged.statuses.filter((status) => status !== 0).join() !== "403" || judged.delivered > 0) {
      faults.push(`not refused: answers ${judged.statuses.join(", ")}, ${judged.delivered} arrived`);
    }
  }
  if (!told.done || told.code !== 0) {
    faults.push(`ended: code ${told.code}, ${told.noise.slice(-800)}`);
  }
  const trace = process.env.TRACE ? tap.requests().map((one) => `${Math.round(one.sentAt)} ${one.line} -> ${one.status} ${one.answer.slice(0, 150)}`) : [];
  return { client: client.name, scenario, ...judged, faults, errors: told.errors, noise: told.noise, trace };
}
