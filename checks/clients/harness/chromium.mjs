// A page in Chromium without a window, led over the debugging protocol by a pipe; its origin is http://shop.localhost, whatever port
// serves it.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";

const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const program = programs.find((path) => existsSync(path));

export const origin = "http://shop.localhost";

// Undefined where no browser is installed.
const quiet = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
export const version = program && /\d+(\.\d+)+/.exec(execFileSync(program, ["--version"], quiet))?.[0];

export class Page {
  #browser;
  #server;
  #session;
  #calls = new Map();
  #loading = new Set();
  #lastLoaded = performance.now();
  #rest = "";

  // folder: what the page's server serves; script: the file in it that the page loads, if any; report: told what the page reports.
  static async open({ folder, script, profile, report }) {
    const page = new Page();
    await page.#serve(folder, script);
    await page.#start(profile, report);
    return page;
  }

  // What an expression is, or what its promise becomes.
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.#call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  // Leaves the page, as who closes it does, which is when libraries send what they still hold.
  leave() {
    return this.#call("Page.navigate", { url: "about:blank" });
  }

  // No request under way, and none begun for so long. Of one that neither ends nor fails nothing is heard: it is not waited for for ever.
  async idle(milliseconds) {
    const quiet = () => performance.now() - this.#lastLoaded;
    while (quiet() < milliseconds || (this.#loading.size > 0 && quiet() < 20_000)) {
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }

  async close() {
    this.#server.close();
    const ended = new Promise((resolve) => this.#browser.once("exit", resolve));
    this.#browser.kill("SIGKILL");
    await ended;
  }

  async #serve(folder, script) {
    const html = `<!doctype html><meta charset="utf-8"><title>shop</title>${script ? `<script src="/${script}"></script>` : ""}`;
    this.#server = createServer((request, answer) => {
      const path = new URL(request.url, origin).pathname;
      const file = folder && join(folder, normalize(path));
      if (path === "/") {
        answer.setHeader("Content-Type", "text/html").end(html);
      } else if (file?.startsWith(folder) && existsSync(file) && statSync(file).isFile()) {
        answer.setHeader("Content-Type", "text/javascript").end(readFileSync(file));
      } else {
        answer.writeHead(404).end();
      }
    });
    await new Promise((listening) => this.#server.listen(0, "127.0.0.1", listening));
  }

  async #start(profile, report) {
    const { port } = this.#server.address();
    this.#browser = spawn(program, [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", `--user-data-dir=${profile}`,
      `--host-resolver-rules=MAP ${new URL(origin).host}:80 127.0.0.1:${port}`, "--remote-debugging-pipe", "about:blank",
    ], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.#browser.stdio[3].on("error", () => {});
    this.#browser.stdio[4].on("data", (bytes) => this.#read(bytes, report));
    const { targetId } = await this.#call("Target.createTarget", { url: "about:blank" });
    this.#session = (await this.#call("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    await this.#call("Network.enable");
    await this.#call("Runtime.enable");
    await this.#call("Runtime.addBinding", { name: "report" });
    await this.#call("Page.navigate", { url: `${origin}/` });
    while (!(await this.evaluate(`location.origin === "${origin}" && document.readyState === "complete"`))) {
      await new Promise((resume) => setTimeout(resume, 25));
    }
  }

  #call(method, params = {}) {
    const id = this.#calls.size + 1;
    const call = { id, method, params, ...(this.#session ? { sessionId: this.#session } : {}) };
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#browser.stdio[3].write(`${JSON.stringify(call)}\0`);
    });
  }

  #read(bytes, report) {
    const messages = (this.#rest + bytes.toString()).split("\0");
    this.#rest = messages.pop();
    for (const text of messages) {
      const { id, method, params, result, error } = JSON.parse(text);
      if (id) {
        error ? this.#calls.get(id).reject(new Error(error.message)) : this.#calls.get(id).resolve(result);
      } else if (method === "Runtime.bindingCalled") {
        report(JSON.parse(params.payload));
      } else if (method === "Network.requestWillBeSent") {
        this.#loading.add(params.requestId);
        this.#lastLoaded = performance.now();
      } else if (method === "Network.loadingFinished" || method === "Network.loadingFailed") {
        this.#loading.delete(params.requestId);
        this.#lastLoaded = performance.now();
      }
    }
  }
}
