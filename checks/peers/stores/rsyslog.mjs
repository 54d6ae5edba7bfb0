// rsyslog: messages over RELP, its own acknowledged protocol, through the main queue into a file. The file stands for the next system: it
// is not in the directory that a power cut takes back.
import { createReadStream, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { dial, output, serve } from '../servers.mjs';

const DISK = 'queue.type="Disk" queue.filename="events" queue.syncQueueFiles="on" queue.checkpointInterval="1"';

export default class Rsyslog {
  static rows = {
    'rsyslog': { setting: 'default: a queue in memory', queue: '' },
    'rsyslog-disk': { setting: '`queue.type="Disk"`, `syncQueueFiles="on"`, `checkpointInterval="1"`', queue: DISK, safe: true },
  };
  static needs = { 'rsyslog': '/usr/sbin/rsyslogd', 'rsyslog-relp': '/usr/lib/*/rsyslog/imrelp.so' };

  constructor(run, row) {
    this.run = run;
    [this.port] = run.ports(1);
    this.file = `${run.scratch}/rsyslog.conf`;
    this.out = `${run.scratch}/out/events`;
    mkdirSync(`${run.scratch}/out`);
    writeFileSync(this.file, `global(workDirectory="${run.data}")
main_queue(${row.queue})
module(load="imrelp")
input(type="imrelp" address="127.0.0.1" port="${this.port}")
template(name="whole" type="string" string="%rawmsg%\\n")
action(type="omfile" file="${this.out}" template="whole")
`);
  }

  version() {
    return /rsyslogd\s+([\d.]+)/.exec(output('rsyslogd', '-v'))[1];
  }

  start() {
    return serve('rsyslogd', ['-n', '-iNONE', '-f', this.file], { log: this.run.log });
  }

  async prepare() {
    await (await this.connect()).close();
  }

  async connect() {
    const relp = new Relp(await dial(this.port));
    await relp.ask('open', 'relp_version=0\nrelp_software=peers\ncommands=syslog');
    return {
      send: (text) => relp.ask('syslog', `<13>Nov 29 00:00:00 judge peers: ${text}`).then(() => undefined),
      close: () => relp.close(),
    };
  }

  /** The file, once it has not grown for three seconds. */
  async read() {
    for (let size = -1, same = 0; same < 30; await wait(100)) {
      const now = existsSync(this.out) ? statSync(this.out).size : 0;
      same = now === size ? same + 1 : 0;
      size = now;
    }
    const found = [];
    if (existsSync(this.out)) {
      for await (const line of createInterface({ input: createReadStream(this.out) })) found.push({ text: line.slice(line.indexOf('{')) });
    }
    return found;
  }
}

/** A client of the protocol: "number command length data\n" each way, one command at a time. */
class Relp {
  #socket;
  #number = 0;
  #waiting;
  #seen = '';

  constructor(socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (part) => this.#take(part)).on('error', () => {})
      .on('close', () => this.#waiting?.reject(new Error('connection closed')));
  }

  ask(command, data) {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('connection closed'));
      this.#waiting = { resolve, reject, number: ++this.#number };
      this.#socket.write(`${this.#number} ${command} ${data.length} ${data}\n`);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #take(part) {
    this.#seen += part;
    for (let head; (head = /^\n?(\d+) (\w+) (\d+)(?: |(?=\n))/.exec(this.#seen));) {
      const end = head[0].length + Number(head[3]);
      if (this.#seen.length < end) return;
      const data = this.#seen.slice(head[0].length, end);
      this.#seen = this.#seen.slice(end);
      if (head[2] !== 'rsp' || Number(head[1]) !== this.#waiting?.number) continue;
      if (data.startsWith('200')) this.#waiting.resolve();
      else this.#waiting.reject(new Error(data.slice(0, 80)));
    }
  }
}
