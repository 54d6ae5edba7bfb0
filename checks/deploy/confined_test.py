#!/usr/bin/env python3
"""Runs the worker as the image and the unit confine it: as a user without rights, on a root file system it cannot write to, with one directory
and /tmp of its own. It must start, take an event, drain on SIGTERM, and use no system call that the systemd unit forbids.

Needs root (to take rights away), strace and the built worker. Argument: the worker. Exit code 77 where something is missing.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from common import DEPLOY, PROBLEMS, expect, finish

USER = 1654
CONFINED = f"""
set -e
mount --make-rprivate /
mount --bind "$1" /media
mount --bind "$2" /mnt
mount -t tmpfs -o size=64m,mode=1777 tmp /tmp
mount -o remount,bind,ro /
shift 2
exec setpriv --reuid {USER} --regid {USER} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- \\
  strace -f -qq -c -U name -o /media/calls -- "$@"
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answer(url, body=None):
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status
    except OSError:
        return 0


def wait(what, holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            PROBLEMS.append(f"{what}: not within {seconds} s")
            return
        time.sleep(0.1)


def forbidden():
    """What the unit's SystemCallFilter lines leave out, by systemd's own groups."""
    def group(name):
        calls = set()
        listing = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, text=True, check=True)
        for line in listing.stdout.splitlines()[1:]:
            entry = line.strip()
            if entry and not entry.startswith("#"):
                calls |= group(entry) if entry.startswith("@") else {entry}
        return calls

    allowed = set()
    for line in re.findall(r"(?m)^SystemCallFilter=(.+)$", (DEPLOY / "systemd/ingest.service").read_text()):
        for name in line.lstrip("~").split():
            allowed = allowed - group(name) if line.startswith("~") else allowed | group(name)
    return lambda call: call not in allowed


def run(worker, work):
    os.chown(work, USER, USER)
    port, admin = free_port(), free_port()
    environment = {
        "HOME": "/", "PATH": "/usr/bin:/bin", "DOTNET_ROOT": os.path.dirname(os.path.realpath(shutil.which("dotnet") or "/usr")),
        "INGEST_Data": "/media/data", "INGEST_Deliver": "discard", "INGEST_Drain__BalancerDelay": "200ms",
        "INGEST_Listen__Intake": f"http://*:{port}", "INGEST_Listen__Admin": f"http://127.0.0.1:{admin}",
        "INGEST_Intake__Anonymous": "true",
    }
    command = ["unshare", "-m", "bash", "-c", CONFINED, "confined", work, os.path.dirname(worker), "/mnt/ingest", "serve"]
    with open(os.path.join(work, "log"), "w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            wait("ready", lambda: process.poll() is not None or answer(f"http://127.0.0.1:{port}/health/ready") == 200)
            expect(answer(f"http://127.0.0.1:{port}/v1/events", json.dumps({"a": 1}).encode()) == 202, "no 202 for an event")
            # strace hands SIGTERM to nobody: the worker is told itself.
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGTERM)
            expect(process.wait(60) == 0, f"the drain ended with {process.returncode}")
        except (subprocess.TimeoutExpired, IndexError, OSError) as e:
            PROBLEMS.append(str(e))
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        log.seek(0)
        if PROBLEMS:
            print(log.read()[-3000:])
    is_forbidden = forbidden()
    calls = Path(work, "calls").read_text().splitlines() if Path(work, "calls").exists() else []
    used = [line.strip() for line in calls if re.fullmatch(r"[a-z0-9_]+", line.strip()) and line.strip() not in ("syscall", "total")]
    expect(len(used) > 40, f"strace saw only {len(used)} system calls")
    denied = [call for call in used if is_forbidden(call)]
    expect(not denied, f"the unit forbids what the worker uses: {denied}")


def main(worker):
    missing = [t for t in ("unshare", "setpriv", "strace", "systemd-analyze") if not shutil.which(t)]
    if os.geteuid() != 0 or missing:
        print(f"needs root{''.join(' and ' + m for m in missing)}")
        sys.exit(77)
    work = tempfile.mkdtemp(dir=os.path.dirname(worker))
    try:
        run(worker, work)
    finally:
        shutil.rmtree(work)
    finish()


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
