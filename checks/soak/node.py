"""A node of the soak: the real executable, started, ended and looked at."""
import json
import signal
import subprocess
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from trial import Failed, free_port, until

ROOT = Path(__file__).resolve().parents[2]
INGEST = ROOT / "artifacts/ingest/ingest"


class Node:
    """Keeps its ports, settings and directory through all its lives."""

    def __init__(self, name, data, log, sinks, settings):
        self.name, self.data, self._log = name, data, log
        self.intake, self.admin = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        given = {"Name": name, "Drain:BalancerDelay": "0s", **settings}
        self._command = [INGEST, "serve", "--data", data, "--intake", self.intake, "--admin", self.admin,
                         *(word for sink in sinks for word in ("--sink", sink)),
                         *(word for key, value in given.items() for word in ("--set", f"{key}={value}"))]
        self.process = None

    def start(self):
        with open(self._log, "a") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT)
        until(f"{self.name} is ready", 60, lambda: self.answers("/health/ready"))

    def answers(self, path):
        if self.process.poll() is not None:
            raise Failed(f"{self.name} ended with {self.process.returncode}: see {self._log}")
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            return bool(self.get(path))
        return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """A stop in order; raises when the node leaves something behind."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(120)
        if code != 0:
            raise Failed(f"{self.name} ended with {code}: see {self._log}")

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()

    def get(self, path):
        with urllib.request.urlopen(self.admin + path, timeout=10) as answer:
            return answer.read().decode()

    def status(self):
        return json.loads(self.get("/status"))

    def post(self, stream, body):
        request = urllib.request.Request(f"{self.intake}/v1/streams/{stream}/events", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    def run(self, *words, codes=(0,)):
        """A command of the product for this node."""
        done = subprocess.run([INGEST, *words, "--admin", self.admin], capture_output=True, text=True, timeout=300)
        if done.returncode not in codes:
            raise Failed(f"ingest {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")

    def pending(self):
        return sum(lane["sum"]["pending"] for lane in self.status()["lanes"])
