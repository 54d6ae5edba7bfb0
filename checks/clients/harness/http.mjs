// Reads the bytes of one connection as HTTP/1.1 messages: what a client sent, and what it was answered.
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";

// { messages: [{ start, headers, body, at, ended }], rest } of bytes that came in pieces [{ at, bytes }].
export function readMessages(pieces, isAnswer, requests = []) {
  const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
  const messages = [];
  let position = 0;
  while (position < bytes.length) {
    const head = bytes.indexOf("\r\n\r\n", position);
    if (head < 0) {
      break;
    }
    const [start, ...lines] = bytes.toString("latin1", position, head).split("\r\n");
    const headers = Object.fromEntries(lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const message = { start, headers, at: time(pieces, position) };
    const bodyless = isAnswer && (/^HTTP\/1\.1 (1\d\d|204|304)/.test(start) || /^HEAD /.test(requests[messages.length]?.start ?? ""));
    const part = readBody(bytes, head + 4, headers, bodyless, isAnswer);
    if (!part) {
      messages.push({ ...message, body: bytes.subarray(head + 4), isCut: true });
      position = bytes.length;
      break;
    }
    position = part.end;
    if (!/^HTTP\/1\.1 1\d\d/.test(start)) {
      messages.push({ ...message, body: part.body, ended: time(pieces, position - 1) });
    }
  }
  return messages;
}

function readBody(bytes, start, headers, bodyless, isAnswer) {
  if (bodyless) {
    return { body: Buffer.alloc(0), end: start };
  }
  if (/chunked/i.test(headers["transfer-encoding"] ?? "")) {
    return readChunks(bytes, start);
  }
  if (headers["content-length"] === undefined) {
    return isAnswer ? { body: bytes.subarray(start), end: bytes.length } : { body: Buffer.alloc(0), end: start };
  }
  const end = start + Number(headers["content-length"]);
  return end <= bytes.length ? { body: bytes.subarray(start, end), end } : null;
}

function readChunks(bytes, start) {
  const parts = [];
  for (let position = start; ;) {
    const line = bytes.indexOf("\r\n", position);
    if (line < 0) {
      return null;
    }
    const length = parseInt(bytes.toString("latin1", position, line), 16);
    const end = line + 2 + length + 2;
    if (end > bytes.length) {
      return null;
    }
    if (length === 0) {
      return { body: Buffer.concat(parts), end };
    }
    parts.push(bytes.subarray(line + 2, end - 2));
    position = end;
  }
}

function time(pieces, position) {
  let behind = 0;
  for (const piece of pieces) {
    behind += piece.bytes.length;
    if (position < behind) {
      return piece.at;
    }
  }
  return pieces.at(-1)?.at;
}

// The body without its Content-Encoding; gzip is found by its first bytes where no header says so.
export function decode(message) {
  const { body, headers } = message;
  const encoding = headers["content-encoding"];
  try {
    return encoding === "gzip" || (body[0] === 0x1f && body[1] === 0x8b) ? gunzipSync(body)
      : encoding === "deflate" ? inflateSync(body)
        : encoding === "br" ? brotliDecompressSync(body)
          : body;
  } catch {
    return body;
  }
}
