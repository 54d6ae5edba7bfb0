#!/usr/bin/env bash
# RabbitMQ confirms messages to a durable stream that it drops, for a moment after each start.
#
# Expected: a stream is durable, and so is its binding to the default exchange. RabbitMQ's guide to confirms says that a persistent message
#           to a durable queue is confirmed once it is persisted to disk. That an unroutable message is confirmed too is documented, but
#           this queue was declared, is still there, and has messages in it. Once the server takes connections again after a start, an
#           event that it confirms is in the stream.
# Seen:     RabbitMQ 3.10.8 (Debian 12): after a restart the listener is up before the stream is. Until the stream takes messages, up to
#           some seconds, a message to it is confirmed and is never there, also where the server was stopped in order. With `mandatory`
#           each of these messages is returned before it is confirmed; declaring the stream again is refused (404) until it is there.
#           Either is the way out.
# Needs:    rabbitmq-server (Debian's name), Node.js with npm. Fails (exit 1) when no confirmed message is missing in five restarts.
set -euo pipefail
server=/usr/lib/rabbitmq/bin/rabbitmq-server
[[ -x $server ]] || { echo "rabbitmq-server is missing (Debian: apt-get install rabbitmq-server)" >&2; exit 2; }
work=$(mktemp -d)
port=$((20000 + RANDOM % 10000))
export HOME=$work RABBITMQ_NODENAME=finding@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$port
export RABBITMQ_DIST_PORT=$((port + 1)) ERL_EPMD_PORT=$((port + 2)) ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_MNESIA_BASE=$work/data
export RABBITMQ_LOG_BASE=$work RABBITMQ_ENABLED_PLUGINS_FILE=$work/plugins RABBITMQ_CONFIG_FILE=$work/none RABBITMQ_CONF_ENV_FILE=$work/none
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}' RABBITMQ_PID_FILE=$work/pid
# The script becomes the server, instead of waiting for it.
export RUNNING_UNDER_SYSTEMD=true PORT=$port SERVER=$server
setpriv --pdeathsig KILL epmd &
names=$!
trap 'kill "$names" && wait "$names" || true; rm -rf "$work"' EXIT
cd "$work"
export npm_config_update_notifier=false
npm init -y >/dev/null
npm install --no-audit --no-fund --silent amqplib@2.3.1
cat >confirms.mjs <<'JS'
import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import amqp from "amqplib";

const stream = { durable: true, arguments: { "x-queue-type": "stream" } };
const confirmed = [];
async function connect() {
  for (;;) {
    try {
      const connection = await amqp.connect({ hostname: "127.0.0.1", port: Number(process.env.PORT) });
      connection.on("error", () => {});
      return connection;
    } catch { await wait(20); }
  }
}
const publish = (channel, text) => new Promise((resolve, reject) => {
  channel.sendToQueue("events", Buffer.from(text), { persistent: true }, (error) => (error ? reject(error) : resolve()));
});
const start = () => spawn("setpriv", ["--pdeathsig", "KILL", process.env.SERVER], { stdio: "ignore" });

let server = start();
for (let turn = 0; turn < 6; turn++) {
  const connection = await connect();
  const channel = await connection.createConfirmChannel();
  channel.on("error", () => {});
  if (turn === 0) await channel.assertQueue("events", stream);
  for (let n = 0; n < 20; n++) {
    const late = new Promise((_, reject) => setTimeout(reject, 3000, new Error("no confirm")).unref());
    try {
      await Promise.race([publish(channel, `${turn}-${n}`), late]);
      confirmed.push(`${turn}-${n}`);
    } catch { break; }
    await wait(20);
  }
  // In order: nothing that the server could not finish.
  const ended = new Promise((resolve) => server.on("exit", resolve));
  server.kill("SIGTERM");
  await ended;
  server = start();
}
const read = new Set();
for (const end = Date.now() + 20_000; Date.now() < end;) {
  const connection = await connect();
  const channel = await connection.createChannel();
  channel.on("error", () => {});
  await channel.prefetch(100);
  try {
    await channel.consume("events", (message) => {
      channel.ack(message);
      read.add(message.content.toString());
    }, { arguments: { "x-stream-offset": "first" } });
    await wait(5000);
    break;
  } catch { await wait(200); }
}
server.kill("SIGKILL");
const missing = confirmed.filter((name) => !read.has(name));
console.log(`${confirmed.length} confirmed, ${missing.length} of them not in the stream: ${missing.slice(0, 8).join(" ")}`);
process.exit(read.size > 0 && missing.length > 0 ? 0 : 1);
JS
echo "rabbitmq-server $(dpkg-query -W -f '${Version}' rabbitmq-server), amqplib 2.3.1, node $(node --version)"
if node confirms.mjs; then
  echo "as stated: messages were confirmed and dropped"
else
  echo "CHANGED: every confirmed message is in the stream"
  exit 1
fi
