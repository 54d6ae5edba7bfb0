// Stands between a client and a node, hands on every byte unchanged, and keeps a copy: the wire is what a client sent and was told.
import { connect, createServer } from "node:net";
import { decode, readMessages } from "./http.mjs";

export class Tap {
  #server;
  #connections = [];
  #open = new Set();

  // target: a function, for the node's port is known late.
  constructor(target) {
    this.#server = createServer({ noDelay: true }, (client) => this.#join(client, target()));
    this.accepted = 0;
  }

  async listen() {
    await new Promise((listening) => this.#server.listen(0, "127.0.0.1", listening));
    return this.#server.address().port;
  }

  close() {
    this.#server.close();
    for (const socket of this.#open) {
      socket.destroy();
    }
  }

  // Requests in the order they began, each with its answer's status, whether its events are stored by what the answer says, and times.
  requests() {
    return this.#connections.flatMap(({ up, down }) => {
      const requests = readMessages(up, false);
      const answers = readMessages(down, true, requests);
      return requests.map((request, index) => {
        const answer = answers[index];
        const whole = answer && !answer.isCut;
        return {
          line: request.start,
          headers: request.headers,
          raw: request.body,
          body: decode(request),
          sentAt: request.at,
          answeredAt: answer?.ended,
          status: answer ? Number(answer.start.split(" ")[1]) : 0,
          answer: answer ? decode(answer).toString() : "",
          verdict: !whole ? "unknown" : isStored(answer) ? "stored" : "refused",
        };
      });
    }).sort((one, other) => one.sentAt - other.sentAt);
  }

  #join(client, port) {
    const connection = { up: [], down: [] };
    this.#connections.push(connection);
    const node = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const socket of [client, node]) {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    }
    client.on("data", (bytes) => { keep(connection.up, bytes); node.write(bytes); });
    node.on("data", (bytes) => {
      keep(connection.down, bytes);
      this.accepted += (bytes.toString("latin1").match(/HTTP\/1\.1 20\d/g) ?? []).length;
      client.write(bytes);
    });
    client.on("end", () => node.end());
    node.on("end", () => client.end());
    // A node that is not there, or was killed, is a reset to the client, as without the tap.
    node.on("error", () => client.resetAndDestroy());
    client.on("error", () => node.destroy());
    client.on("close", () => node.destroy());
  }
}

function keep(pieces, bytes) {
  pieces.push({ at: performance.now(), bytes: Buffer.from(bytes) });
}

// A bulk says item by item what became of it, and the node never mixes.
function isStored(answer) {
  const status = Number(answer.start.split(" ")[1]);
  return status >= 200 && status < 300 && !answer.body.includes("\"errors\":true");
}
