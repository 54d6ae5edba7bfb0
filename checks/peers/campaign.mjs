// One row: a store under load, struck again and again, then read back and judged.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lots } from './events.mjs';
import { Load } from './load.mjs';
import { judge } from './oracle.mjs';
import { atEnd, kill } from './servers.mjs';

/** How long a store may take to answer again after it was struck. */
const BACK_SECONDS = 60;
const FEWEST = 3;
const MOST = 200;

/** Strikes a store for so many seconds, three times at least, and gives the figures. out: where journal and log are left. */
export async function campaign(row, fault, { seconds, seed, ports, out }) {
  const scratch = mkdtempSync(join(process.env.PEERS_TMP ?? tmpdir(), 'ingest-peers-'));
  const draw = lots(seed);
  const log = join(out, `${row.name}.${fault.name}.log`);
  const run = { scratch, data: join(scratch, 'data'), log, ports: (count) => ports.splice(0, count) };
  const clear = atEnd(() => rmSync(scratch, { recursive: true, force: true }));
  rmSync(run.log, { force: true });
  mkdirSync(run.data);
  let server;
  let store;
  const disk = await fault.prepare(run);
  try {
    store = new row.Store(run, row);
    await store.create?.();
    const figures = await strike();
    return { ...figures, version: store.version() };
  } finally {
    await kill(server);
    await store?.end?.();
    await disk.end();
    await clear();
  }

  async function strike() {
    const load = new Load(seed, () => store.connect());
    const figures = { injections: 0, slowest: 0 };
    server = store.start();
    if (!await ready(store, server)) throw new Error(`it did not start, see ${run.log}`);
    load.start();
    if (!await load.answered(0, BACK_SECONDS)) throw new Error(`it did not answer: ${[...load.said.keys()].join('; ')}`);
    const ends = performance.now() + seconds * 1000;
    while (figures.injections < MOST && (figures.injections < FEWEST || performance.now() < ends)) {
      await disk.settle();
      await wait(300 + draw() * 2200);
      const struck = performance.now();
      await kill(server);
      await disk.strike();
      const down = performance.now();
      figures.injections++;
      server = store.start();
      if (!await ready(store, server) || !await load.answered(down, BACK_SECONDS)) {
        figures.stuck = `did not come back after injection ${figures.injections}`;
        break;
      }
      figures.slowest = Math.max(figures.slowest, performance.now() - struck);
    }
    await wait(300);
    await load.stop();
    const read = figures.stuck ? [] : await store.read();
    leave(load, read);
    return { ...figures, ...judge(seed, load.journal, read) };
  }

  function leave(load, read) {
    const lines = [...load.journal.map((entry) => JSON.stringify(entry)), ...read.map((event) => JSON.stringify(event)),
      ...[...load.said].map(([text, times]) => JSON.stringify({ said: text, times }))];
    writeFileSync(join(out, `${row.name}.${fault.name}.ndjson`), `${lines.join('\n')}\n`);
  }
}

/** Waits until a store takes what it needs before the first event; made again after every start, as an application does. */
async function ready(store, server) {
  for (const end = performance.now() + BACK_SECONDS * 1000; performance.now() < end && !server.gone; await wait(50)) {
    try {
      await store.prepare();
      return true;
    } catch { /* Not yet. */ }
  }
  return false;
}
