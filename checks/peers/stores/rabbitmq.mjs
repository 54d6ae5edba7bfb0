// RabbitMQ over AMQP 0-9-1: persistent messages with publisher confirms into a durable queue of each type.
import { mkdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import amqp from 'amqplib';
import { dial, kill, output, serve } from '../servers.mjs';

const LIB = '/usr/lib/rabbitmq/bin';
const END = 'the end';

export default class RabbitMq {
  static rows = {
    'rabbitmq': { setting: 'default: a durable classic queue, persistent messages, confirms', type: 'classic' },
    'rabbitmq-quorum': { setting: 'a quorum queue, confirms', type: 'quorum', safe: true },
    'rabbitmq-stream': { setting: 'a stream, confirms', type: 'stream' },
  };
  static needs = { 'rabbitmq-server': '/usr/lib/rabbitmq/bin/rabbitmq-server' };

  constructor(run, row) {
    this.run = run;
    this.type = row.type;
    const [port, dist, names] = run.ports(3);
    this.port = port;
    mkdirSync(`${run.scratch}/home`);
    this.env = {
      HOME: `${run.scratch}/home`, RABBITMQ_NODENAME: 'peers@localhost', RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: port, RABBITMQ_DIST_PORT: dist, ERL_EPMD_PORT: names, ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_MNESIA_BASE: run.data, RABBITMQ_LOG_BASE: run.scratch, RABBITMQ_ENABLED_PLUGINS_FILE: `${run.scratch}/plugins`,
      // The script becomes the server, instead of waiting for it.
      RUNNING_UNDER_SYSTEMD: 'true',
      RABBITMQ_CONFIG_FILE: `${run.scratch}/none`, RABBITMQ_CONF_ENV_FILE: `${run.scratch}/none`, RABBITMQ_PID_FILE: `${run.scratch}/pid`,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    };
  }

  version() {
    return output('dpkg-query', '-W', '-f', '${Version}', 'rabbitmq-server').replace(/-.*/, '');
  }

  /** Erlang's name server comes first, or the node starts one that outlives all; it survives a killed node, as on a real machine. */
  async create() {
    const port = Number(this.env.ERL_EPMD_PORT);
    this.names = serve('epmd', ['-port', port], { env: this.env });
    while (!this.names.gone) {
      try {
        (await dial(port)).destroy();
        return;
      } catch {
        await wait(20);
      }
    }
  }

  start() {
    return serve(`${LIB}/rabbitmq-server`, [], { env: this.env, log: this.run.log });
  }

  async prepare() {
    const client = await this.#client();
    const channel = await client.createChannel();
    channel.on('error', () => {});
    await channel.assertQueue('events', { durable: true, arguments: { 'x-queue-type': this.type } });
    await client.close();
  }

  async connect() {
    const client = await this.#client();
    const channel = await client.createConfirmChannel();
    // A message that no queue takes is confirmed too; as it is mandatory, it is returned before that.
    let returned = false;
    channel.on('return', () => { returned = true; });
    let fail;
    const broken = new Promise((_, reject) => { fail = () => reject(new Error('connection closed')); });
    broken.catch(() => {});
    channel.on('error', fail).on('close', fail);
    client.on('close', fail);
    return {
      send: (text) => Promise.race([broken, new Promise((resolve, reject) => {
        returned = false;
        channel.sendToQueue('events', Buffer.from(text), { persistent: true, mandatory: true }, (error) => {
          if (error || returned) reject(error ?? new Error('returned: no queue takes it'));
          else resolve();
        });
      })]),
      close: () => client.close(),
    };
  }

  /** Everything up to a last message, which is sent now. */
  async read() {
    const last = await this.connect();
    await last.send(END);
    const client = await this.#client();
    const channel = await client.createChannel();
    const found = [];
    await channel.prefetch(500);
    await new Promise((resolve, reject) => {
      channel.on('close', () => reject(new Error('closed while reading')));
      channel.consume('events', (message) => {
        channel.ack(message);
        const text = message.content.toString();
        if (text === END) resolve();
        else found.push({ text });
      }, { arguments: this.type === 'stream' ? { 'x-stream-offset': 'first' } : {} }).catch(reject);
    });
    await client.close();
    await last.close();
    return found;
  }

  async end() {
    await kill(this.names);
  }

  async #client() {
    const client = await amqp.connect({ hostname: '127.0.0.1', port: this.port, username: 'guest', password: 'guest' }, { timeout: 5000 });
    client.on('error', () => {});
    return client;
  }
}
