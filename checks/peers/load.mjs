// The load of every row: sixteen connections, each with one event in flight and four keys of its own, none faster than a given pace.
import { setTimeout as wait } from 'node:timers/promises';
import { body } from './events.mjs';

const CONNECTIONS = 16;
const KEYS = 4;
const PACE_MS = 4;
const ANSWER_MS = 30_000;
const AGAIN_MS = 50;

export class Load {
  /** Every event that was sent, by its number. */
  journal = [];
  /** When the last sent of the acknowledged events was sent, and how many were acknowledged. */
  latest = 0;
  acknowledged = 0;
  #seed;
  #connect;
  #stopping = false;
  #loops = [];
  /** What connections and servers said, each message once. */
  said = new Map();

  /** connect: gives { send(text), close() }; send resolves with the position, where there is one, once the event is acknowledged. */
  constructor(seed, connect) {
    this.#seed = seed;
    this.#connect = connect;
  }

  start() {
    for (let lane = 0; lane < CONNECTIONS; lane++) this.#loops.push(this.#run(lane));
  }

  async stop() {
    this.#stopping = true;
    await Promise.all(this.#loops);
  }

  /** Waits until an event is acknowledged that was sent after a moment; false where that takes longer. */
  async answered(since, seconds) {
    const end = performance.now() + seconds * 1000;
    while (this.latest <= since && performance.now() < end) await wait(5);
    return this.latest > since;
  }

  async #run(lane) {
    let client;
    for (let turn = 0; !this.#stopping; turn++) {
      try {
        client ??= await this.#connect();
      } catch (error) {
        this.#note(error);
        await wait(AGAIN_MS);
        continue;
      }
      const begun = performance.now();
      try {
        await this.#send(client, `k${lane * KEYS + (turn % KEYS)}`);
      } catch (error) {
        this.#note(error);
        await close(client);
        client = undefined;
        await wait(AGAIN_MS);
      }
      const rest = PACE_MS - (performance.now() - begun);
      if (rest > 0) await wait(rest);
    }
    await close(client);
  }

  async #send(client, key) {
    const entry = { n: this.journal.length, key, sent: performance.now() };
    this.journal.push(entry);
    const position = await within(ANSWER_MS, client.send(body(this.#seed, entry.n, key), key));
    entry.answered = performance.now();
    entry.position = position;
    this.latest = Math.max(this.latest, entry.sent);
    this.acknowledged++;
  }

  #note(error) {
    const text = String(error?.message || error?.code || error).slice(0, 120);
    this.said.set(text, (this.said.get(text) ?? 0) + 1);
  }
}

async function close(client) {
  try { await within(2000, client?.close()); } catch { /* The connection is gone already. */ }
}

function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('no answer')), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
