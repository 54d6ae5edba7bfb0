// Ports for the servers that checks start.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const lowest = 10_000;
// The tests' own servers have those from here on.
const highest = 15_000;
const taken = new Set();

/**
 * A free port of loopback, below those that the kernel gives to connections: a connection, of this run or of another, could take such a
 * port for itself between the moment it is found free and the start of the server, or while the server is away.
 */
export async function freePort() {
  const end = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split("\t")[0]);
  for (let tries = 0; tries < 400; tries++) {
    const port = lowest + Math.floor(Math.random() * (Math.min(end, highest) - lowest));
    if (!taken.has(port) && await isFree(port)) {
      taken.add(port);
      return port;
    }
  }
  throw new Error("no port is free");
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer().once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
