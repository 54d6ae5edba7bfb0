// The stores that are compared, by the names of their rows.
import Ingest from './stores/ingest.mjs';
import JetStream from './stores/nats.mjs';
import PostgreSql from './stores/postgresql.mjs';
import RabbitMq from './stores/rabbitmq.mjs';
import RedisStreams from './stores/redis.mjs';
import Rsyslog from './stores/rsyslog.mjs';

const TITLES = new Map([[Ingest, 'Ingest'], [JetStream, 'NATS JetStream'], [RabbitMq, 'RabbitMQ'], [RedisStreams, 'Redis Streams'],
  [PostgreSql, 'PostgreSQL'], [Rsyslog, 'rsyslog (RELP)']]);

/** name: { name, title, Store, setting, safe, control, and what the store itself reads }. */
export const rows = new Map([...TITLES].flatMap(([Store, title]) =>
  Object.entries(Store.rows).map(([name, row]) => [name, { name, title, Store, ...row }])));
