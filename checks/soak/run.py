"""Runs the soak: run.py [MINUTES=60] [--table FILE]; see checks/soak.sh."""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

from faults import FAULTS, SmallDisk
from figures import Figures
from node import INGEST, ROOT, Node
from trial import Failed, until

OUT = ROOT / "artifacts/soak"
SAMPLE_SECONDS = 5
PAUSE_SECONDS = (10, 30)
SETTLE_SECONDS = 300


class Soak:
    """Two nodes, their producers, and what has happened to them."""

    def __init__(self, directory, seed, rate):
        self._random, self._rate, self._directory = random.Random(seed), rate, directory
        self.seen, self._producers = Counter(), []
        self._disk = SmallDisk(directory, 600)
        self.small_disk = self._disk.path
        second = (self.small_disk or directory) / "second"
        # What is delivered stays outside of the small disk, which has the log alone.
        self.second = Node("second", second, directory / "second.log", ["file"], {
            "Sinks:File:Directory": directory / "second-out", "Intake:EventBytesMax": "16KiB", "Wal:SegmentBytes": "16MiB",
            "Health:DiskFreeLow": "0", "Health:DiskFreeHigh": "0"})
        self.first = Node("first", directory / "first", directory / "first.log", ["file", "http"], {
            "Sinks:http:Url": f"{self.second.intake}/v1/events", "Drain:Deadline": "2m"})
        self.figures = None

    def start(self, minutes):
        self.second.start()
        self.first.start()
        self.figures = Figures(self.first)
        self._send("verify", "send", self.first.intake, "--journal", self._directory / "journal", "--rate", str(self._rate), "--batch", "3",
                   "--keys", "300", "--duration", f"{minutes}m", "--retry-for", "10m")
        self._send("bench", self.first.intake, "--rate", str(max(1, self._rate // 10)), "--stream", "noise", "--duration", f"{minutes}m")

    def _send(self, *words):
        log = open(self._directory / f"{words[0]}.log", "w")
        self._producers.append(subprocess.Popen([INGEST, *words], stdout=log, stderr=subprocess.STDOUT))

    def rest(self, least, most):
        """Lets time pass, and looks at the first node every few seconds of it."""
        ends = time.monotonic() + self._random.uniform(least, most)
        while (left := ends - time.monotonic()) > 0:
            time.sleep(min(SAMPLE_SECONDS, left))
            self.figures.look()

    def go_on(self, minutes):
        ends = time.monotonic() + 60 * minutes
        while time.monotonic() < ends:
            self.rest(*PAUSE_SECONDS)
            fault = self._random.choice(FAULTS)
            print(f"{datetime.now(timezone.utc):%H:%M:%S} {fault.__doc__}", flush=True)
            fault(self)
            self.seen[fault.__name__] += 1

    def settle(self):
        """Producers end, everything is delivered, both nodes stop in order; answers what the two oracles say."""
        for producer in self._producers:
            with suppress(subprocess.TimeoutExpired):
                producer.wait(30)
            if producer.poll() is None:
                producer.send_signal(signal.SIGINT)
                producer.wait(60)
        until(lambda: f"everything is delivered: {self.first.pending()} and {self.second.pending()} are pending", SETTLE_SECONDS,
              lambda: self.first.pending() == 0 and self.second.pending() == 0)
        for node in (self.first, self.second):
            for lane in node.status()["lanes"]:
                if not lane["sum"]["balanced"]:
                    raise Failed(f"the sum of {node.name} does not add up: {lane['sum']}")
        self.first.stop()
        self.second.stop()
        return [self._check("first", self._directory / "first/out", "--no-duplicates"),
                self._check("second", self._directory / "second-out")]

    def _check(self, name, out, *more):
        done = subprocess.run([INGEST, "verify", "check", "--journal", self._directory / "journal", "--file", out, "--settle", "5s",
                               "-o", "json", *more], capture_output=True, text=True, timeout=600)
        if done.returncode not in (0, 1):
            raise Failed(f"ingest verify check of {name}: {done.returncode}\n{done.stdout}{done.stderr}")
        return name, done.returncode == 0, json.loads(done.stdout)

    def close(self):
        for process in self._producers:
            if process.poll() is None:
                process.kill()
                process.wait()
        for node in (self.first, self.second):
            node.end()
        self._disk.close()


def table(soak, checks, minutes, seed):
    """The summary page, and whether everything held."""
    held = all(fine for _, fine, _ in checks)
    lines = ["| Node | Acknowledged | Lost | Out of order | Unexpected | Twice | |", "|---|---:|---:|---:|---:|---:|---|"]
    for name, fine, found in checks:
        lines.append(f"| {name} | {found['acknowledged']} | {found['lost']} | {found['outOfOrder']} | {found['unexpected']} "
                     f"| {found['duplicated']} | {'held' if fine else '**broken**'} |")
    lines += ["", "| Of the first node | First third | Last third | Most | |", "|---|---:|---:|---:|---|"]
    for name, first, last, most, flat in soak.figures.judged():
        held &= flat
        lines.append(f"| {name} | {first:.1f} | {last:.1f} | {most:.1f} | {'flat' if flat else '**grew**'} |")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip() or "unknown"
    happened = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in soak.seen.most_common())
    lines += ["", f"{minutes} minutes, {os.cpu_count()} processors, commit {commit}, {datetime.now(timezone.utc):%F}; {happened}. "
              f"Again: `SEED={seed} checks/soak.sh {minutes}`."]
    return "\n".join(lines) + "\n", held


def put(page, text):
    """Between the marks of a page."""
    before, rest = page.read_text().split("<!-- soak -->\n", 1)
    page.write_text(f"{before}<!-- soak -->\n{text}{rest[rest.index('<!-- /soak -->'):]}")


def main():
    parser = argparse.ArgumentParser(prog="checks/soak.sh", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=int, default=60)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    seed = int(os.environ.get("SEED", random.randrange(1_000_000)))
    print(f"seed {seed}", flush=True)
    # What a soak began is closed then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    soak = Soak(OUT, seed, int(os.environ.get("RATE", "200")))
    try:
        soak.start(given.minutes)
        soak.go_on(given.minutes)
        text, held = table(soak, soak.settle(), given.minutes, seed)
    except (Failed, OSError, ValueError, LookupError, subprocess.SubprocessError) as failure:
        sys.exit(f"FAILED with seed {seed}: {type(failure).__name__}: {failure}\nLeft in {OUT}.")
    finally:
        soak.close()
        if soak.figures and soak.figures.samples:
            soak.figures.write(OUT / "samples.csv")
    (ROOT / "artifacts/soak.md").write_text(text)
    if given.table:
        put(given.table, text)
    print(text)
    sys.exit(0 if held else 1)


main()
