#!/usr/bin/env python3
"""The image's health check asks liveness, says why not, and takes a few milliseconds. Exit code 77 where there is no compiler for it."""
import http.server
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from common import DEPLOY, expect, finish

if not shutil.which("gcc"):
    print("gcc is not installed")
    sys.exit(77)


class Node(http.server.BaseHTTPRequestHandler):
    """Live and not ready, as a node that drains."""
    live, asked = 200, []

    def do_GET(self):
        Node.asked.append((self.path, self.headers["Host"]))
        self.send_response(Node.live if self.path == "/health/live" else 503)
        self.end_headers()

    def address_string(self):
        return "peer"

    def log_message(self, *_):
        pass


class UnixServer(socketserver.UnixStreamServer):
    pass


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def run(*arguments, **environment):
    return subprocess.run([live, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60)


def expect_exit(code, run, what):
    expect(run.returncode == code, f"{what}: exit code {run.returncode}, {run.stderr}")
    expect((code == 0) == (run.stderr == ""), f"{what}: says {run.stderr!r}")


with tempfile.TemporaryDirectory() as work:
    live = str(Path(work) / "live")
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-s", "-o", live, DEPLOY / "image/live.c"], check=True)
    tcp = serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Node))
    port = tcp.server_address[1]
    path = str(Path(work) / "admin.sock")
    serve(UnixServer(path, Node))
    for url in (f"http://127.0.0.1:{port}", f"http://*:{port}", f"http://localhost:{port}/", f"http://0.0.0.0:{port}", f"http://unix:{path}"):
        expect_exit(0, run(url), url)
        expect_exit(0, run(INGEST_Listen__Admin=url), f"INGEST_Listen__Admin={url}")
    expect_exit(0, run(f"https://127.0.0.1:{port}"), "https")
    expect({p for p, _ in Node.asked} == {"/health/live"}, f"asked {Node.asked}")
    Node.live = 503
    expect_exit(1, run(f"http://127.0.0.1:{port}"), "a node that is not live")
    Node.live = 200
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        expect_exit(1, run(f"http://127.0.0.1:{silent.getsockname()[1]}"), "no listener")
        silent.listen()
        began = time.monotonic()
        expect_exit(1, run(f"http://127.0.0.1:{silent.getsockname()[1]}"), "a listener that does not answer")
        expect(time.monotonic() - began < 20, "a listener that does not answer is waited for too long")
    for wrong in ("8081", "http://127.0.0.1", "http://127.0.0.1:x", "http://[::1:8081", "http://example.org:80", f"http://unix:{'x' * 200}"):
        expect_exit(1, run(wrong), wrong)
    # Processor time, the least of ten: others use this machine too.
    times = []
    for _ in range(10):
        child = os.posix_spawn(live, [live, f"http://127.0.0.1:{port}"], {})
        _, status, used = os.wait4(child, 0)
        expect(status == 0, f"a check ended with {status}")
        times.append(used.ru_utime + used.ru_stime)
    print(f"{min(times) * 1000:.1f} ms of processor time a check")
    expect(min(times) < 0.02, f"a check takes {min(times) * 1000:.0f} ms of processor time")
finish()
