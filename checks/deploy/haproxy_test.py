#!/usr/bin/env python3
"""Runs deploy/haproxy/haproxy.cfg in front of three nodes that misbehave on command, and checks what its comments claim.

The nodes are stand-ins that answer as Ingest does; the real ones stand behind it in the drain test. Loopback and free ports only; about
ten seconds. Exit code 0 when all holds, 1 with the failed claims otherwise, 77 when there is no haproxy.
"""
import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = os.path.join(HERE, "..", "..", "deploy", "haproxy", "haproxy.cfg")
FAILURES = []


def check(claim, holds, seen=""):
    print(f"  {'ok    ' if holds else 'FAILED'} {claim}" + ("" if holds else f": {seen}"))
    if not holds:
        FAILURES.append(claim)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Node:
    """A node that is ready or not, and takes a POST, refuses it, or ends without an answer."""

    def __init__(self, name):
        self.name, self.port = name, free_port()
        self.ready, self.manner = True, "store"
        self.stored, self.server, self.writers = [], None, set()

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)

    async def stop(self):
        self.server.close()
        for writer in list(self.writers):
            writer.close()
        await asyncio.sleep(0)

    async def serve(self, reader, writer):
        self.writers.add(writer)
        try:
            while await self.answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def answer(self, reader, writer):
        head = await read_head(reader)
        if head is None:
            return False
        line, headers = head
        await reader.readexactly(int(headers.get("content-length", "0")))
        if line.startswith("GET "):
            status, body, extra = (200, "{}", "") if self.ready else (503, "{}", "")
        else:
            self.stored.append(headers.get("event"))
            if self.manner == "cut":
                return False
            status, body, extra = (202, json.dumps({"node": self.name, "seen": headers}), "")
            if self.manner == "overloaded":
                status, extra = 503, "Retry-After: 7\r\n"
        closing = "" if self.ready else "Connection: close\r\n"
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n{extra}{closing}\r\n{body}".encode())
        await writer.drain()
        return self.ready


async def read_head(reader):
    lines = []
    while line := (await reader.readline()).decode().rstrip("\r\n"):
        lines.append(line)
    if not lines:
        return None
    return lines[0], {k.lower(): v for k, v in (h.split(": ", 1) for h in lines[1:])}


class Client:
    """One keep-alive connection to the balancer; makes a new one when it was told to."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def send(self, event, path="/v1/events", method="POST", **headers):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        extra = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nevent: {event}\r\n{extra}Content-Length: 2\r\n\r\n{{}}".encode())
        line, answer = await read_head(self.reader) or ("HTTP/1.1 0 closed", {})
        body = (await self.reader.readexactly(int(answer.get("content-length", "0")))).decode()
        if answer.get("connection") == "close" or " 0 " in line:
            self.writer.close()
            self.writer = None
        return int(line.split()[1]), answer, json.loads(body) if body else {}


async def once(port, event, **headers):
    client = Client(port)
    try:
        return await asyncio.wait_for(client.send(event, **headers), 60)
    finally:
        if client.writer:
            client.writer.close()


async def until(what, holds, seconds=60):
    clock = asyncio.get_running_loop()
    start = clock.time()
    while clock.time() - start < seconds:
        if await holds():
            return clock.time() - start
        await asyncio.sleep(0.02)
    check(what, False, f"not within {seconds} s")
    return seconds


async def claims(nodes, port, observe):
    async def in_rotation():
        text = await metrics(observe)
        return sum(f'haproxy_server_status{{proxy="nodes",server="{n}",state="UP"}} 1' in text for n in NAMES)

    async def rotation_is(count):
        return await in_rotation() == count

    await until("all nodes get ready", lambda: rotation_is(3))

    seen = Counter([(await once(port, f"spread-{i}"))[2]["node"] for i in range(30)])
    check("requests without a key go to the nodes in turn", len(seen) == 3 and min(seen.values()) >= 8, seen)

    homes = {k: {(await once(port, "keyed", Ingest_Key=k))[2]["node"] for _ in range(6)} for k in map(str, range(12))}
    check("events with one key go to one node", all(len(h) == 1 for h in homes.values()), homes)
    check("and different keys to all of them", len(set.union(*homes.values())) == 3, homes)
    check("a repeat with its Idempotency-Key goes to the node that knows it",
          len({(await once(port, "repeat", Idempotency_Key="a1"))[2]["node"] for _ in range(6)}) == 1)

    got = (await once(port, "headers", X_Forwarded_For="6.6.6.6", X_Request_Id="mine"))[2]["seen"]
    check("X-Forwarded-For is the balancer's word, not the client's", got.get("x-forwarded-for") == "127.0.0.1", got)
    check("X-Request-Id is kept where there is one", got.get("x-request-id") == "mine", got)
    got = (await once(port, "headers"))[2]["seen"]
    check("X-Request-Id is made where there is none", len(got.get("x-request-id", "")) == 36, got)
    status, answer, body = await once(port, "admin", path="/drain")
    check("operators' paths are not reachable through the balancer", (status, body["code"]) == (404, "unknown_path"), (status, body))

    for node in nodes:
        node.manner = "overloaded"
    answers = [await once(port, f"busy-{i}") for i in range(30)]
    check("a node's 503 reaches the producer with its Retry-After",
          all(s == 503 and a["retry-after"] == "7" for s, a, _ in answers), answers[:1])
    check("and takes no node out, however many there are", await in_rotation() == 3)
    for node in nodes:
        node.manner, node.stored = "store", []

    nodes[0].manner = "cut"
    answers = [await once(port, f"cut-{i}") for i in range(9)]
    nodes[0].manner = "store"
    cut = [s for s, _, _ in answers if s != 202]
    times = Counter(e for n in nodes for e in n.stored)
    check("a POST whose answer was lost is not sent to another node", max(times.values()) == 1, times)
    check("the producer is told that its outcome is unknown",
          cut and set(cut) == {502} and all(b["code"] == "unknown_outcome" for s, _, b in answers if s == 502), cut)

    await drains(nodes[1], port, rotation_is)
    await dies(nodes[2], port, rotation_is)

    for node in nodes:
        node.ready = False
    await until("nobody is ready", lambda: rotation_is(0))
    status, answer, body = await once(port, "none")
    check("without a ready node the answer is 503, problem+json, Retry-After",
          (status, body["code"], answer["content-type"], answer["retry-after"])
          == (503, "overloaded", "application/problem+json", "2"), (status, answer, body))


async def drains(node, port, rotation_is):
    """Keep-alive producers go on while a node goes through ready off, refusing, gone, and comes back."""
    await until("all nodes are ready before one drains", lambda: rotation_is(3))
    statuses, going = Counter(), True

    async def producer(name):
        client, i = Client(port), 0
        while going:
            statuses[(await client.send(f"{name}-{i}"))[0]] += 1
            i += 1
            await asyncio.sleep(0.002)
        client.writer and client.writer.close()

    producers = [asyncio.create_task(producer(f"p{i}")) for i in range(4)]
    node.ready = False
    took = await until("a node that is not ready leaves", lambda: rotation_is(2))
    check(f"a node that is not ready is out within the balancer delay of 5 s (took {took:.1f} s)", took < 5)
    await asyncio.sleep(0.2)
    await node.stop()
    await asyncio.sleep(0.5)
    await node.start()
    node.ready = True
    await until("a node that is ready again returns", lambda: rotation_is(3))
    going = False
    await asyncio.gather(*producers)
    check(f"no request failed meanwhile ({sum(statuses.values())} sent)", set(statuses) == {202}, statuses)


async def dies(node, port, rotation_is):
    """A node that refuses connections costs nobody a request: what was not sent may be sent elsewhere."""
    await node.stop()
    answers = [await once(port, f"dead-{i}") for i in range(12)]
    check("a POST that could not be sent goes to another node", all(s == 202 for s, _, _ in answers), [s for s, _, _ in answers])
    await until("a dead node leaves", lambda: rotation_is(2))
    await node.start()
    await until("and returns", lambda: rotation_is(3))


async def metrics(port):
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return ""  # not started yet
    writer.write(b"GET /metrics?scope=server HTTP/1.0\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    return text


NAMES = ("node-1", "node-2", "node-3")


async def main():
    haproxy = shutil.which("haproxy", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if haproxy is None:
        print("haproxy is not installed")
        return 77
    nodes = [Node(n) for n in NAMES]
    for node in nodes:
        await node.start()
    port, observe = free_port(), free_port()
    environment = dict(os.environ, HAPROXY_INTAKE=f"127.0.0.1:{port}", HAPROXY_OBSERVE=f"127.0.0.1:{observe}")
    environment |= {f"HAPROXY_NODE_{i}": f"127.0.0.1:{n.port}" for i, n in enumerate(nodes, 1)}
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(haproxy, "-db", "-f", CONFIG, env=environment, stdout=log, stderr=log)
        try:
            await asyncio.wait_for(claims(nodes, port, observe), 300)
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
            if FAILURES:
                log.seek(0)
                print(log.read().decode()[-4000:])
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
