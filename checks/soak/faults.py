"""What happens to the two nodes meanwhile. Each fault comes, lasts, and goes; the first node lives through all of them."""
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
from contextlib import suppress

MIB = 2**20


def kill(soak):
    """The second node is killed and started."""
    soak.second.kill()
    soak.rest(1, 8)
    soak.second.start()


def restart(soak):
    """The second node is stopped in order and started."""
    soak.second.stop()
    soak.rest(0, 3)
    soak.second.start()


def stall(soak):
    """The second node stands still, with all its connections open."""
    soak.second.process.send_signal(signal.SIGSTOP)
    soak.rest(2, 15)
    soak.second.process.send_signal(signal.SIGCONT)


def drain(soak):
    """The first node is drained, as far as the second one takes it, and taken back."""
    soak.first.run("drain", "--deadline", "20s", codes=(0, 1))
    soak.rest(1, 5)
    soak.first.run("resume")


def full_disk(soak):
    """Somebody else takes all that is free on the second node's disk, which is a small one of its own."""
    if not soak.small_disk:
        return
    hog = soak.small_disk / "somebody-else"
    free = shutil.disk_usage(soak.small_disk).free
    subprocess.run(["fallocate", "--length", str(max(MIB, free - MIB)), hog], check=False, capture_output=True)
    soak.rest(3, 10)
    hog.unlink(missing_ok=True)


def switch(soak):
    """A stream of the first node is switched off while its producers go on, and on again."""
    soak.first.run("policy", "set", "streams.noise.enabled=false")
    soak.rest(2, 6)
    soak.first.run("policy", "set", "streams.noise.enabled=true")


def poison(soak):
    """Events that the second node refuses for good; the operator looks at the letters and gives them up."""
    for _ in range(20):
        with suppress(urllib.error.URLError, OSError):
            soak.first.post("poison", b'{"note":"%s"}' % (b"x" * 20_000))
    soak.rest(3, 8)
    soak.first.run("deadletters", "drop", "--stream", "poison", "--yes", codes=(0, 1))


def half_sent(soak):
    """Two hundred clients that stop in the middle of a body, and go away without a word."""
    host, port = soak.first.intake.removeprefix("http://").split(":")
    clients = []
    for _ in range(200):
        with suppress(OSError):
            client = socket.create_connection((host, int(port)), timeout=5)
            clients.append(client)
            client.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n\r\n" + b" " * 9_000)
    soak.rest(2, 8)
    for client in clients:
        client.close()


def look(soak):
    """An operator with a page, a recording and a bundle."""
    for path in ("/status", "/history?sinceSeconds=3600", "/metrics", "/audit", "/debug/trace?seconds=2"):
        with suppress(urllib.error.HTTPError):
            soak.first.get(path)


FAULTS = [kill, restart, stall, drain, switch, poison, half_sent, look, full_disk]


class SmallDisk:
    """A file system of its own, so that it can be filled: root alone may mount one."""

    def __init__(self, directory, mebibytes):
        self.path = None
        if os.geteuid() != 0:
            return
        image, path = directory / "disk.img", directory / "disk"
        path.mkdir()
        subprocess.run(["truncate", "--size", f"{mebibytes}M", image], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        if subprocess.run(["mount", "-o", "loop", image, path], capture_output=True).returncode == 0:
            self.path = path

    def close(self):
        if self.path:
            subprocess.run(["umount", self.path], check=False)
