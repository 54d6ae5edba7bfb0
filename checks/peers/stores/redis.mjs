// Redis: XADD into one stream, read back with XRANGE. The row redis-none keeps nothing on purpose: it shows that the judge sees a loss.
import { Redis } from 'ioredis';
import { output, serve } from '../servers.mjs';

export default class RedisStreams {
  static rows = {
    'redis': { setting: 'default: snapshots, no append-only file', args: [] },
    'redis-everysec': { setting: '`appendonly yes`, its default `appendfsync everysec`', args: ['--appendonly', 'yes'] },
    'redis-always': {
      setting: '`appendonly yes`, `appendfsync always`', args: ['--appendonly', 'yes', '--appendfsync', 'always'], safe: true,
    },
    'redis-none': { setting: 'control: keeps nothing', args: ['--save', '', '--appendonly', 'no'], control: true },
  };
  static needs = { 'redis-server': '/usr/bin/redis-server' };

  constructor(run, row) {
    this.run = run;
    this.args = row.args;
    [this.port] = run.ports(1);
  }

  version() {
    return /v=([\d.]+)/.exec(output('redis-server', '--version'))[1];
  }

  start() {
    return serve('redis-server', ['--bind', '127.0.0.1', '--port', this.port, '--dir', this.run.data, ...this.args], { log: this.run.log });
  }

  async prepare() {
    const client = await this.#client();
    client.disconnect();
  }

  async connect() {
    const client = await this.#client();
    return { send: (text) => client.xadd('events', '*', 'event', text), close: () => client.disconnect() };
  }

  async read() {
    const client = await this.#client();
    const found = [];
    for (let from = '-'; ;) {
      const part = await client.xrange('events', from, '+', 'COUNT', 2000);
      if (part.length === 0) break;
      for (const [position, fields] of part) found.push({ text: fields[1], position });
      from = `(${part.at(-1)[0]}`;
    }
    client.disconnect();
    return found;
  }

  /** A connection that repeats nothing by itself. */
  async #client() {
    const client = new Redis({
      host: '127.0.0.1', port: this.port, lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0,
      enableOfflineQueue: false, autoResendUnfulfilledCommands: false,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }
}
