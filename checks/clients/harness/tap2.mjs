// The tap for clients that speak HTTP/2 in clear text: hands on every stream's headers, bytes and trailers, and keeps a copy of the bytes.
import { connect, constants, createServer } from "node:http2";
import * as net from "node:net";
import { gunzipSync } from "node:zlib";

const { HTTP2_HEADER_STATUS: STATUS, NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants;
const ofConnection = [":authority", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings"];

export class Http2Tap {
  #server;
  #sessions = createServer();
  #streams = [];
  #open = new Set();

  // target: a function, for the node's port is known late.
  constructor(target) {
    this.accepted = 0;
    this.#sessions.on("sessionError", () => {});
    // A node that is not there, or was killed, is a reset to the client, as without the tap.
    this.#server = net.createServer({ noDelay: true }, (client) => {
      const node = net.connect({ port: target(), host: "127.0.0.1", noDelay: true });
      client.on("error", () => node.destroy());
      node.on("error", () => client.resetAndDestroy());
      node.once("connect", () => {
        this.#sessions.once("session", (session) => this.#join(session, node));
        this.#sessions.emit("connection", client);
      });
    });
  }

  async listen() {
    await new Promise((listening) => this.#server.listen(0, "127.0.0.1", listening));
    return this.#server.address().port;
  }

  close() {
    this.#server.close();
    for (const session of this.#open) {
      session.destroy();
    }
  }

  // As of the tap for HTTP/1.1; a body is the message of gRPC, without its frame, and a verdict is what the trailers say.
  requests() {
    return this.#streams.map(({ headers, up, sentAt, answeredAt, status, answer }) => {
      const raw = Buffer.concat(up);
      return {
        line: `${headers[":method"]} ${headers[":path"]}`, headers, raw, body: message(raw), sentAt, answeredAt, status: Number(status ?? -1),
        answer: answer ?? "", verdict: status === undefined ? "unknown" : status === "0" ? "stored" : "refused",
      };
    }).sort((one, other) => one.sentAt - other.sentAt);
  }

  // A connection of the client's is one to the node: where one breaks, so does the other.
  #join(client, socket) {
    const node = connect("http://node", { createConnection: () => socket });
    for (const [session, other] of [[client, node], [node, client]]) {
      this.#open.add(session);
      session.on("error", () => {});
      session.on("goaway", (code, last, data) => !other.destroyed && other.goaway(code, undefined, data));
      session.once("close", () => { this.#open.delete(session); other.destroy(); });
    }
    client.on("stream", (stream, headers) => this.#hand(stream, headers, node));
  }

  #hand(stream, headers, node) {
    const kept = { headers, up: [], sentAt: performance.now() };
    this.#streams.push(kept);
    const sent = Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.includes(name)));
    let trailers;
    const onward = node.request(sent);
    onward.on("error", () => stream.close(NGHTTP2_CANCEL));
    stream.on("error", () => onward.close(NGHTTP2_CANCEL));
    stream.on("aborted", () => onward.close(NGHTTP2_CANCEL));
    stream.on("data", (bytes) => kept.up.push(Buffer.from(bytes)));
    stream.pipe(onward);
    const answered = (fields) => {
      Object.assign(kept, { status: fields["grpc-status"], answer: fields["grpc-message"] ?? "", answeredAt: performance.now() });
      this.accepted += kept.status === "0" ? 1 : 0;
    };
    onward.on("response", (fields, flags) => {
      if (stream.destroyed) {
        return;
      }
      if (fields["grpc-status"] !== undefined || (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
        answered({ "grpc-status": String(fields[STATUS]), ...fields });
        stream.respond(fields, { endStream: true });
        return;
      }
      stream.respond(fields, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers(trailers ?? {}));
      onward.pipe(stream);
    });
    onward.on("trailers", (fields) => { trailers = fields; answered(fields); });
    onward.on("close", () => kept.status === undefined && stream.close(onward.rstCode || NGHTTP2_NO_ERROR));
  }
}

// The one message of a call: whether it is compressed, its length, itself.
function message(raw) {
  const bytes = raw.subarray(5);
  return raw[0] === 1 ? gunzipSync(bytes) : bytes;
}
