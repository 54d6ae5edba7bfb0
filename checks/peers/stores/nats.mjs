// NATS JetStream: one stream on files, one replica; a publication waits for its acknowledgement, which names the sequence number.
import { writeFileSync } from 'node:fs';
import { AckPolicy, connect, DeliverPolicy } from 'nats';
import { output, serve } from '../servers.mjs';

const TEXT = new TextEncoder();

export default class JetStream {
  static rows = {
    'nats': { setting: 'default: flushed every 2 minutes' },
    'nats-always': { setting: '`sync_interval: always`', always: true, safe: true },
  };
  static needs = { 'nats-server': '/usr/*bin/nats-server' };

  constructor(run, row) {
    this.run = run;
    [this.port] = run.ports(1);
    this.file = `${run.scratch}/nats.conf`;
    const sync = row.always ? ', sync_interval: always' : '';
    writeFileSync(this.file, `listen: "127.0.0.1:${this.port}"\njetstream { store_dir: "${run.data}"${sync} }\n`);
    try {
      output('nats-server', '-t', '-c', this.file);
    } catch (error) {
      const why = String(error.stderr).trim().split('\n').at(-1).replace(/^.*?: /, '').replaceAll(run.scratch, '');
      throw Object.assign(new Error(`nats-server ${this.version()} does not know it: ${why}`), { unavailable: true });
    }
  }

  version() {
    return /v([\d.]+)/.exec(output('nats-server', '--version'))[1];
  }

  start() {
    return serve('nats-server', ['-c', this.file], { log: this.run.log });
  }

  async prepare() {
    const client = await this.#client();
    try {
      const manager = await client.jetstreamManager();
      await manager.streams.add({ name: 'EVENTS', subjects: ['events'], storage: 'file', num_replicas: 1 });
    } finally {
      await client.close();
    }
  }

  async connect() {
    const client = await this.#client();
    const stream = client.jetstream({ timeout: 30_000 });
    return {
      send: async (text) => (await stream.publish('events', TEXT.encode(text))).seq,
      close: () => client.close(),
    };
  }

  async read() {
    const client = await this.#client();
    const manager = await client.jetstreamManager();
    const { state } = await manager.streams.info('EVENTS');
    const found = [];
    if (state.messages > 0) {
      await manager.consumers.add('EVENTS', { durable_name: 'judge', ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.All });
      const consumer = await client.jetstream().consumers.get('EVENTS', 'judge');
      while (found.length < state.messages) {
        const before = found.length;
        for await (const message of await consumer.fetch({ max_messages: 2000, expires: 5000 })) {
          found.push({ text: message.string(), position: message.seq });
          if (message.info.pending === 0) break;
        }
        if (found.length === before) break;
      }
    }
    await client.close();
    return found;
  }

  #client() {
    return connect({ servers: `127.0.0.1:${this.port}`, reconnect: false, timeout: 2000 });
  }
}
