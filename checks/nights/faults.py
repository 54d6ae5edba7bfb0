"""The five faults: what a node needs to be hit by each, how it comes, and how it goes."""
import os
import resource
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from rig import Failed, until

GIB = 2**30
CALM = {"Health:SampleInterval": "250ms", "Health:Dwell": "1s"}


class Fault:
    """What most faults need: nothing. seconds: how long the strip may take to tell; settles: how long all may take to be settled."""
    seconds = 5
    settles = 60
    settings = {}
    wrapper = ()

    def prepare(self, directory):
        """Before the node starts; a reason when this cannot be done here."""

    def come(self, rig):
        raise NotImplementedError

    def go(self, rig):
        raise NotImplementedError

    def end(self):
        """After the node has ended."""


class SlowBroker(Fault):
    """Each answer takes two seconds, and there is one request on the way at a time: more comes in than goes out."""
    seconds = 60

    def come(self, rig):
        rig.broker.do("rtt 1 2000")

    def go(self, rig):
        rig.broker.do("rtt 1 0")


class DeadBroker(Fault):
    seconds = 3

    def come(self, rig):
        rig.broker.do("down 1")

    def go(self, rig):
        rig.broker.do("up 1")


class PoisonEvents(Fault):
    """An event that is larger than the broker takes, and a topic that this node may not write to."""
    seconds = 10
    settings = {"Sinks:Kafka:MessageBytesMax": "10000"}
    forbidden = 29

    def come(self, rig):
        rig.broker.do("topic clicks 1")
        rig.broker.do(f"topic-error clicks {self.forbidden}")
        rig.post("orders", b'{"order":4711,"note":"%s"}' % (b"x" * 20_000))
        rig.post("clicks", b'[{"page":1},{"page":2},{"page":3}]')

    def go(self, rig):
        rig.broker.do("topic-error clicks 0")


class DiskNearlyFull(Fault):
    """Somebody else fills the node's disk: a file of so many GiB, between thresholds that leave others' writing room."""

    _file = None

    def prepare(self, directory):
        free = shutil.disk_usage(directory).free
        if free < 5 * GIB:
            return f"fewer than 5 GiB are free: {free}"
        self.settings = {**CALM, "Health:DiskFreeLow": free - 2 * GIB, "Health:DiskFreeHigh": free - GIB}
        self._file = directory / "node/somebody-else"
        return None

    def come(self, rig):
        subprocess.run(["fallocate", "--length", str(4 * GIB), self._file], check=True)

    def go(self, rig):
        self._file.unlink()

    def end(self):
        if self._file:
            self._file.unlink(missing_ok=True)


class MemoryPressure(Fault):
    """Thousands of producers that stop in the middle of a body, in a control group with little memory."""
    seconds = 15
    settings = {**CALM, "Health:MemoryRecheck": "5s", "Intake:BodyDeadline": "5m", "Listen:BodyRateMin": "1", "Wal:SegmentBytes": "16MiB"}
    limit = 160 * 2**20
    # Short of what moves a body out of the server's memory into a buffer that is bounded.
    body, sent = 16 * 2**10, 15 * 2**10
    # As fast as the node looks at its memory, and no faster: between two looks it takes what comes.
    at_once, pause, uploads_max = 50, 0.05, 9_000
    _group, _uploads = None, ()

    def prepare(self, directory):
        self._uploads = []
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
            self._group = Path(root) / f"ingest-nights-{os.getpid()}"
            try:
                self._group.mkdir()
                (self._group / limit).write_text(str(self.limit))
            except OSError as failure:
                reason = failure
                self.end()
                continue
            self.wrapper = ("/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', self._group / "cgroup.procs")
            return None
        return f"a control group with little memory cannot be made here: {reason}"

    def come(self, rig):
        head = f"POST /v1/streams/uploads/events HTTP/1.1\r\nHost: night\r\nContent-Type: text/plain\r\nContent-Length: {self.body}\r\n\r\n"
        part = head.encode() + b"x" * self.sent
        while rig.status()["memory"]["state"] == "good":
            if len(self._uploads) > self.uploads_max:
                raise Failed(f"{len(self._uploads)} uploads do not fill the node's memory: {rig.status()['memory']}")
            time.sleep(self.pause)
            for _ in range(self.at_once):
                upload = socket.create_connection(("127.0.0.1", int(rig.intake.rsplit(":", 1)[1])), timeout=5)
                self._uploads.append(upload)
                with suppress(OSError):
                    # Refused while it is being sent: memory is short already.
                    upload.sendall(part)

    def go(self, rig):
        for upload in self._uploads:
            upload.close()
        until("memory is good again", 30, lambda: rig.status()["memory"]["state"] == "good")

    def end(self):
        for upload in self._uploads:
            upload.close()
        if self._group and self._group.is_dir():
            try:
                until("the control group is empty", 5, lambda: not (self._group / "cgroup.procs").read_text().split())
                self._group.rmdir()
            except (Failed, OSError) as failure:
                print(f"{self._group} is left: {failure}")


FAULTS = {
    "A slow broker": SlowBroker, "A dead broker": DeadBroker, "Poison events": PoisonEvents, "A disk that is nearly full": DiskNearlyFull,
    "Memory pressure": MemoryPressure,
}
