// PostgreSQL: a table, one INSERT a transaction, which returns the row's number.
import { readdirSync } from 'node:fs';
import pg from 'pg';
import { NOT_ROOT, output, serve } from '../servers.mjs';

const LIB = '/usr/lib/postgresql';

export default class PostgreSql {
  static rows = {
    'postgresql': { setting: 'default: `synchronous_commit=on`', commit: 'on', safe: true },
    'postgresql-async': { setting: '`synchronous_commit=off`', commit: 'off' },
  };
  static needs = { postgresql: '/usr/lib/postgresql/*/bin/postgres' };

  constructor(run, row) {
    this.run = run;
    this.commit = row.commit;
    [this.port] = run.ports(1);
    this.bin = `${LIB}/${readdirSync(LIB).sort((a, b) => a - b).at(-1)}/bin`;
    this.data = `${run.data}/pg`;
  }

  version() {
    return / ([\d.]+) /.exec(`${output(`${this.bin}/postgres`, '--version')} `)[1];
  }

  /** Before the first start. */
  create() {
    output(...NOT_ROOT, `${this.bin}/initdb`, '-D', this.data, '-U', 'judge', '--auth=trust', '--encoding=UTF8', '--no-locale');
  }

  start() {
    return serve(`${this.bin}/postgres`, ['-D', this.data, '-c', 'listen_addresses=127.0.0.1', '-c', `port=${this.port}`,
      '-c', 'unix_socket_directories=', '-c', `synchronous_commit=${this.commit}`], { as: NOT_ROOT, log: this.run.log });
  }

  async prepare() {
    const client = await this.#client();
    await client.query('CREATE TABLE IF NOT EXISTS events (id bigserial PRIMARY KEY, key text NOT NULL, event text NOT NULL)');
    await client.end();
  }

  async connect() {
    const client = await this.#client();
    const insert = { name: 'insert', text: 'INSERT INTO events (key, event) VALUES ($1, $2) RETURNING id' };
    return {
      send: async (text, key) => Number((await client.query({ ...insert, values: [key, text] })).rows[0].id),
      close: () => client.end(),
    };
  }

  async read() {
    const client = await this.#client();
    const { rows } = await client.query('SELECT id, event FROM events ORDER BY id');
    await client.end();
    return rows.map(({ id, event }) => ({ text: event, position: Number(id) }));
  }

  async #client() {
    const client = new pg.Client({
      host: '127.0.0.1', port: this.port, user: 'judge', database: 'postgres', connectionTimeoutMillis: 2000,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }
}
