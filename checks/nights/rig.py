"""A broker, a node, a producer that journals every answer, and the looks an operator takes at them."""
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from contextlib import suppress

from handbook import ROOT, missing
from trial import Failed, free_port, until

INGEST = ROOT / "artifacts/ingest/ingest"
MOCK = ROOT / "artifacts/bin/Ingest.MockCluster/release/Ingest.MockCluster"


class Broker:
    """A Kafka cluster of one broker in a process of its own (tests/Ingest.MockCluster), with faults by command."""

    def __init__(self):
        self._process = subprocess.Popen([MOCK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            self.address = self._process.stdout.readline().split()[1]
        except BaseException:
            self.close()
            raise

    def do(self, command):
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        if (answer := self._process.stdout.readline().strip()) != "ok":
            raise Failed(f"the broker said to {command}: {answer}")

    def close(self):
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Rig:
    """One night's node, with everything around it. Leaves its directory when something failed."""

    def __init__(self, directory, settings=(), wrapper=(), rate=20, batch=10, size=200):
        self.directory = directory
        directory.mkdir(parents=True)
        self._load = self._node = self._log = None
        self._sent = (str(rate), str(batch), str(size))
        self.broker = Broker()
        try:
            self._start(dict(settings), wrapper)
        except BaseException:
            self.close()
            raise

    def _start(self, settings, wrapper):
        self.intake, self.admin = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        given = {
            "Sinks:Kafka:BootstrapServers": self.broker.address, "Drain:BalancerDelay": "0s", "Drain:Deadline": "5s",
            "Name": "night", **settings,
        }
        command = [*wrapper, INGEST, "serve", "--data", self.directory / "data", "--sink", "kafka", "--intake", self.intake,
                   "--admin", self.admin, *(word for key, value in given.items() for word in ("--set", f"{key}={value}"))]
        self._log = open(self.directory / "node.log", "w")
        self._node = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT, cwd=self.directory)
        until("the node is ready", 20, lambda: self.is_ready())

    def get(self, path):
        with urllib.request.urlopen(self.admin + path, timeout=5) as answer:
            return answer.read().decode()

    def is_ready(self):
        if self._node.poll() is not None:
            raise Failed(f"the node ended with {self._node.returncode}: see {self._log.name}")
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            return bool(self.get("/health/ready"))
        return False

    def status(self):
        return json.loads(self.get("/status"))

    def lane(self):
        return self.status()["lanes"][0]

    def strip(self):
        """What the console's strip says, in its words (src/Ingest.Console/src/parts/Head.tsx)."""
        def text(item):
            after = "" if item["nextSeconds"] is None else f" In {item['nextSeconds']:.0f} s."
            return f"{item['what']}\n  {item['next']}{after} See {item['section']}"
        return "\n".join(text(item) for item in self.status()["attention"])

    def post(self, stream, body, kind="application/json"):
        request = urllib.request.Request(f"{self.intake}/v1/streams/{stream}/events", body, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def load(self):
        """Honest producers, until settle()."""
        rate, batch, size = self._sent
        self._load = subprocess.Popen(
            [INGEST, "verify", "send", self.intake, "--journal", self.directory / "journal", "--rate", rate, "--batch", batch, "--size", size,
             "--duration", "10m", "--retry-for", "5m"], stdout=open(self.directory / "load.log", "w"), stderr=subprocess.STDOUT)
        until("events are delivered", 20, lambda: self.lane()["sum"]["delivered"] > 0)
        until(lambda: f"the strip is empty, but it says: {self.strip()}", 10, lambda: not self.strip())

    def run(self, command):
        environment = {**os.environ, "PATH": f"{INGEST.parent}:{os.environ['PATH']}", "INGEST_ADMIN": self.admin, "NO_COLOR": "1", "COLUMNS": "240"}
        here = re.sub(r"(http://)?127\.0\.0\.1:8081", self.admin, command)
        done = subprocess.run(["bash", "-c", here], env=environment, cwd=self.directory, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def sees(self, look, seconds):
        """Looks until the handbook's lines are there, for so long at most; answers after how long they were."""
        said = ""

        def holds():
            nonlocal said
            said = self.run(look.command) if look.command else self.strip()
            return missing(look, said) is None
        return until(lambda: f"{look.command or 'the strip'} lacks: {missing(look, said)}\n{said}", seconds, holds)[1]

    def settle(self, seconds):
        """Nothing is pending, parked or wrong; then the journal is held against the broker. Answers the sum and the oracle's words."""
        self._load.send_signal(signal.SIGINT)
        self._load.wait(30)
        until(lambda: f"all is settled: {self.lane()}", seconds, lambda: self.lane()["sum"]["pending"] == 0)
        until(lambda: f"the strip is empty, but it says: {self.strip()}", 15, lambda: not self.strip())
        found = self.lane()["sum"]
        if not found["balanced"] or found["accepted"] != found["delivered"] + found["deadLettered"] + found["lost"]:
            raise Failed(f"the sum does not add up: {found}")
        check = subprocess.run(
            [INGEST, "verify", "check", "--journal", self.directory / "journal", "--kafka", self.broker.address, "--settle", "5s"],
            capture_output=True, text=True, timeout=60)
        if check.returncode != 0:
            raise Failed(f"the journal and the broker differ:\n{check.stdout}{check.stderr}")
        self._node.terminate()
        if self._node.wait(30) != 0:
            raise Failed(f"the node ended with {self._node.returncode}: see {self._log.name}")
        return found

    def close(self):
        try:
            for process in (self._load, self._node):
                if process and process.poll() is None:
                    process.kill()
                    process.wait()
        finally:
            if self._log:
                self._log.close()
            self.broker.close()
