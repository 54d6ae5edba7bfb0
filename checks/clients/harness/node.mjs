// A real node as a process: started, killed, drained, and read through its admin listener and its file sink.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../free-port.mjs";

const executable = process.env.INGEST ?? fileURLToPath(new URL("../../../artifacts/ingest/ingest", import.meta.url));
const patience = 60_000;

export const key = "check-5f1d0c6be2a84f7d9f0e";

export async function until(what, condition, limit = patience) {
  const deadline = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error(`${what}: not within ${limit / 1000} s`);
    }
    await new Promise((resume) => setTimeout(resume, 25));
  }
}

export class IngestNode {
  #process;
  #log = "";

  // dialects: names; settings: {"Key": "value"}; sinks: as --sink takes them.
  constructor({ directory, dialects = [], settings = {}, sinks = ["file"] }) {
    Object.assign(this, { directory, dialects, settings, sinks, data: join(directory, "data") });
  }

  get log() {
    return this.#log;
  }

  async prepare() {
    mkdirSync(this.data, { recursive: true });
    const sha256 = createHash("sha256").update(key).digest("hex");
    this.keys = join(this.directory, "keys.json");
    writeFileSync(this.keys, JSON.stringify({ keys: [{ name: "check", sha256 }] }));
    [this.port, this.adminPort, this.grpcPort] = [await freePort(), await freePort(), await freePort()];
  }

  async start() {
    const settings = {
      "Intake:KeysFile": this.keys, "Drain:BalancerDelay": "0", "Intake:IdempotencyWindow": "10m",
      ...(this.dialects.includes("otlpgrpc") ? { "Dialects:otlpgrpc:Listen": `http://127.0.0.1:${this.grpcPort}` } : {}), ...this.settings,
    };
    const words = ["serve", "--data", this.data,
      "--intake", `http://127.0.0.1:${this.port}`, "--admin", `http://127.0.0.1:${this.adminPort}`,
      ...this.sinks.flatMap((sink) => ["--sink", sink]),
      ...(this.dialects.length > 0 ? ["--dialect", this.dialects.join(",")] : []),
      ...Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`])];
    const started = spawn(executable, words, { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = started;
    this.exited = new Promise((resolve) => started.once("exit", (code, signal) => resolve(signal ?? code)));
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (bytes) => { this.#log = (this.#log + bytes).slice(-20_000); });
    }
    await until("the node is ready", async () => {
      if (started.exitCode !== null) {
        throw new Error(`the node ended with ${started.exitCode}: ${this.#log}`);
      }
      return (await this.status().catch(() => null))?.ready;
    });
  }

  async status() {
    return await (await fetch(`http://127.0.0.1:${this.adminPort}/status`)).json();
  }

  async admin(path) {
    const answer = await fetch(`http://127.0.0.1:${this.adminPort}${path}`, { method: "POST" });
    if (!answer.ok) {
      throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
    }
  }

  policy(document) {
    writeFileSync(join(this.data, "policy.json"), JSON.stringify(document));
  }

  async kill() {
    this.#process.kill("SIGKILL");
    await this.exited;
  }

  async stop() {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill("SIGTERM");
      await Promise.race([this.exited, new Promise((resume) => setTimeout(resume, 20_000))]);
      this.#process.kill("SIGKILL");
    }
  }

  // Every lane has settled everything that is on disk.
  async settled() {
    await until("everything is delivered", async () => {
      const status = await this.status();
      return status.lanes.every((lane) => lane.sum.pending === 0);
    });
  }

  // The file sink's lines: number, stream, key, and the payload's bytes as they were sent.
  delivered(folder = join(this.data, "out")) {
    const events = [];
    for (const stream of existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : []) {
      for (const file of readdirSync(join(folder, stream.name)).filter((name) => name.endsWith(".ndjson"))) {
        for (const line of readFileSync(join(folder, stream.name, file), "latin1").split("\n").filter(Boolean)) {
          events.push({ stream: stream.name, ...read(line) });
        }
      }
    }
    return events.sort((one, other) => one.seq - other.seq);
  }
}

// Latin-1 keeps the bytes: a payload is cut out of its line, not parsed and written again.
function read(line) {
  const event = JSON.parse(Buffer.from(line, "latin1").toString("utf8"));
  if (event.data_base64 !== undefined) {
    return { seq: event.seq, event, payload: Buffer.from(event.data_base64, "base64") };
  }
  const start = line.indexOf(",\"data\":") + 8;
  return { seq: event.seq, event, payload: Buffer.from(line.slice(start, -1), "latin1") };
}
