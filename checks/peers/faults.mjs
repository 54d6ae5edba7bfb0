// What strikes a store. prepare: before its first start, with the directory of its data; gives what is done each time it was killed, and at
// the end.
import { spawn } from 'node:child_process';
import { open, readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { atEnd } from './servers.mjs';

const FORGETFUL = process.env.PEERS_FORGETFUL ?? new URL('../../artifacts/power/forgetful', import.meta.url).pathname;

/** kill -9 of the server and of everything below it; what it wrote stays in the page cache. */
const killed = {
  name: 'kill', title: '`kill -9`',
  prepare: async () => ({ settle: async () => {}, strike: async () => {}, end: async () => {} }),
};

/**
 * The same on a file system that then forgets what was not flushed, all of it: nothing is torn or out of order, files are as they were at
 * their last flush. Names are kept as ext4 keeps them: a flush of a file commits the names before it. What was written up to the beginning
 * of the wait for the cut is flushed then, as a kernel does by itself after a while: no store is held to more than the last moments.
 */
const cut = {
  name: 'cut', title: 'power cut',
  prepare: async ({ data }) => {
    const disk = spawn(FORGETFUL, [data, 'journal'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    const gone = new Promise((resolve) => { disk.on('exit', resolve).on('error', resolve); });
    const end = atEnd(async () => {
      disk.stdin.end();
      await gone;
    });
    disk.stdin.on('error', () => {});
    const lines = createInterface({ input: disk.stdout })[Symbol.asyncIterator]();
    const next = async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${FORGETFUL} does not run: make it with checks/power/build.sh`);
      return value;
    };
    const ask = (command) => {
      disk.stdin.write(`${command}\n`);
      return next();
    };
    await next();
    return {
      settle: () => flush(data),
      strike: async () => {
        await ask('cut lost 1');
        await ask('mount');
      },
      end,
    };
  },
};

/** Flushes a directory and everything in it that does not go away meanwhile. */
async function flush(directory) {
  for (const path of [...await readdir(directory, { recursive: true }), '.']) {
    try {
      const file = await open(`${directory}/${path}`);
      try { await file.sync(); } finally { await file.close(); }
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
}

export const faults = new Map([killed, cut].map((fault) => [fault.name, fault]));
