// Ingest as built, with its own defaults: one event a request over HTTP, answered 202; delivered into files, which are read back.
import { Agent, request } from 'node:http';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { output, serve, stop } from '../servers.mjs';

const EXE = process.env.INGEST_EXE ?? new URL('../../../artifacts/ingest/ingest', import.meta.url).pathname;

export default class Ingest {
  static rows = { ingest: { setting: 'default; there is no weaker one', safe: true } };
  static needs = {};

  constructor(run) {
    this.run = run;
    this.ports = run.ports(2);
  }

  version() {
    return /ingest ([\d.]+)/.exec(output(EXE, '--version'))[1];
  }

  start() {
    const [intake, admin] = this.ports;
    this.server = serve(EXE, ['serve', '--data', this.run.data, '--sink', 'file',
      '--intake', `http://127.0.0.1:${intake}`, '--admin', `http://127.0.0.1:${admin}`, '--set', 'Drain:BalancerDelay=0'],
    { log: this.run.log });
    return this.server;
  }

  async prepare() {}

  async connect() {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const options = { agent, host: '127.0.0.1', port: this.ports[0], path: '/v1/events', method: 'POST' };
    return {
      send: (text, key) => new Promise((resolve, reject) => {
        const headers = { 'Content-Type': 'application/json', 'Content-Length': text.length, 'Ingest-Key': key };
        request({ ...options, headers }, (answer) => {
          let said = '';
          answer.on('data', (part) => { said += part; }).on('error', reject).on('end', () => {
            if (answer.statusCode === 202) resolve(JSON.parse(said).first);
            else reject(new Error(`${answer.statusCode} ${said}`));
          });
        }).on('error', reject).end(text);
      }),
      close: () => agent.destroy(),
    };
  }

  async read() {
    await stop(this.server);
    const folder = join(this.run.data, 'out/default');
    const lines = readdirSync(folder).filter((name) => name.endsWith('.ndjson')).sort()
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
    return lines.filter((line) => line !== '').map((line) => ({
      text: line.slice(line.indexOf(',"data":') + 8, -1), position: JSON.parse(line).seq,
    }));
  }
}
