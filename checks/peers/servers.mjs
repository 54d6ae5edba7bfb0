// Processes of a run: each dies with this one, whatever ends it, and is killed with all that it started.
import { execFileSync, spawn } from 'node:child_process';
import { openSync, readFileSync, readdirSync, closeSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const running = new Set();
const endings = new Set();
let closed = false;

/** What goes before a command that refuses to run as root: a user namespace in which root has another number. */
export const NOT_ROOT = process.getuid() === 0 ? ['unshare', '--user', '--map-user=1000', '--map-group=1000'] : [];

/** Starts a server; as: what goes before its command. */
export function serve(command, args, { env = {}, as = [], log } = {}) {
  if (closed) throw new Error('the run was interrupted');
  const out = log ? openSync(log, 'a') : 'ignore';
  const [first, ...rest] = [...as, 'setpriv', '--pdeathsig', 'KILL', command, ...args];
  const child = spawn(first, rest, { env: { ...process.env, ...env }, stdio: ['ignore', out, out], detached: true });
  if (log) closeSync(out);
  child.ended = new Promise((resolve) => {
    child.on('error', resolve);
    child.on('exit', resolve);
  }).then(() => { child.gone = true; running.delete(child); });
  running.add(child);
  return child;
}

/** kill -9 of a server and of everything below it. */
export async function kill(child) {
  if (!child || child.gone) return;
  for (const pid of [child.pid, ...below(child.pid)]) end(pid);
  await child.ended;
}

/** Asks a server to stop, and waits until it has. */
export async function stop(child, seconds = 60) {
  child.kill('SIGTERM');
  await Promise.race([child.ended, wait(seconds * 1000, undefined, { ref: false })]);
  if (!child.gone) await kill(child);
}

/** Has something done when a row ends, also when the run is interrupted; gives what does it. */
export function atEnd(ending) {
  const once = async () => {
    if (endings.delete(once)) await ending();
  };
  endings.add(once);
  return once;
}

/** Ends whatever still runs, and lets nothing start any more. */
export async function endAll() {
  closed = true;
  for (const child of running) for (const pid of [child.pid, ...below(child.pid)]) end(pid);
  for (const ending of [...endings].reverse()) await ending();
}

function end(pid) {
  try { process.kill(pid, 'SIGKILL'); } catch { /* It is gone. */ }
}

/** The processes that a process started, and those that these started. */
function below(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch { /* It is gone. */ }
  }
  const found = [];
  for (const queue = [root]; queue.length > 0;) {
    const parent = queue.pop();
    for (const [pid, of] of parents) if (of === parent) { found.push(pid); queue.push(pid); }
  }
  return found;
}

/** What a command prints, without its last line's end. */
export function output(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** A connection to a port of loopback, or the error that there is none. */
export function dial(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket)).once('error', reject);
  });
}
