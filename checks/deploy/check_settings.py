#!/usr/bin/env python3
"""The worker accepts every set of settings that stands under deploy/; every key the documents name exists; every default they tell is its.

Argument: the worker, and the output of kustomize for each overlay (none where there is no kubectl).
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from common import DEPLOY, ROOT, expect, finish, load_all, seconds, size

WORKER = sys.argv[1]
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("INGEST_")}
TOKEN = {"INGEST_Admin__Token": "0123456789abcdef0123456789abcdef"}
# The image leaves it to whoever runs it to say who may send.
ANYONE = {"INGEST_Intake__Anonymous": "true"}


def worker(environment, *arguments):
    return subprocess.run([WORKER, *arguments], env=CLEAN | environment, capture_output=True, text=True, check=False)


def accepts(what, environment, *arguments):
    run = worker(environment, "config", "check", *arguments)
    expect(run.returncode == 0, f"{what}: {run.stdout}{run.stderr}")


def check_artefacts(manifests):
    image = dict(re.findall(r"(INGEST_\w+)=(\S+)", re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text())))
    expect(len(image) == 3, f"the Dockerfile sets {image}")
    accepts("Dockerfile", image | ANYONE)
    accepts("systemd/ingest.json", {}, "--config", str(DEPLOY / "systemd/ingest.json"), "--data", "/var/lib/ingest")
    for name, service in load_all(DEPLOY / "compose.yaml")[0]["services"].items():
        if name.startswith("ingest-"):
            accepts(f"compose.yaml {name}", image | service["environment"] | TOKEN)
    for path in manifests:
        for o in load_all(path):
            if o["kind"] == "ConfigMap":
                accepts(f"kubernetes {Path(path).stem}", image | o["data"] | TOKEN)
            elif o["kind"] == "Job":
                container = o["spec"]["template"]["spec"]["containers"][0]
                named = {e["name"]: e["value"] for e in container["env"]}
                sink = container["args"][container["args"].index("--sink") + 1]
                accepts("kubernetes adoption", image | ANYONE | named, "--sink", sink)


def values(text):
    """Durations and sizes of a table's cell or a bracket, in order: '100 ms doubling to 5 s', '64 MiB'."""
    found = re.findall(r"(\d[\d,.]*)\s*(ms|s|m|h|KiB|MiB|GiB|B/s)?(?![\w.])", text)
    return [number(n.replace(",", ""), u) for n, u in found]


def number(digits, unit):
    if unit in ("ms", "s", "m", "h"):
        return seconds(digits + unit)
    return size(digits + (unit or "").removesuffix("/s").removesuffix("B"))


def default(setting):
    text = setting["default"]
    return seconds(text) if re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h|d))+|0", text) else size(text)


def check_documents():
    kafka = {"INGEST_Deliver": "file,kafka", "INGEST_Sinks__Kafka__BootstrapServers": "localhost:9092"}
    catalogue = {s["key"].lower(): s for s in json.loads(worker(kafka, "config", "show", "--json").stdout)}
    sections = {k.split(":")[0] for k in catalogue if ":" in k}
    key = re.compile(r"`((?:[A-Z]\w+:)+[A-Z]\w+)`")
    for name in ("operating", "sizing", "timeouts"):
        # NAME stands for any dialect's.
        text = (ROOT / f"docs/{name}.md").read_text().replace("Dialects:NAME:", "Dialects:Otlp:")
        for named in key.findall(text):
            if named.split(":")[0].lower() in sections:
                expect(named.lower() in catalogue, f"{name}.md: there is no setting {named}")
        for named, told in re.findall(r"`((?:[A-Z]\w+:)+[A-Z]\w+)`[^`()|]{0,20}\(([^()`]*)\)", text):
            if values(told) and named.lower() in catalogue:
                expect(default(catalogue[named.lower()]) == values(told)[0], f"{name}.md: {named} is not {told}")
        for row in (line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")):
            check_row(name, [cell.strip() for cell in row], catalogue)


def check_row(name, row, catalogue):
    """A cell of settings alone and the cell of their defaults behind it. `Max` behind `A:BMin` means A:BMax."""
    for cell, told in zip(row, row[1:]):
        codes = re.findall(r"`([^`]+)`", cell)
        if not codes or not re.fullmatch(r"([A-Z]\w+:)+[A-Z]\w+", codes[0]):
            continue
        section, keys = codes[0].rsplit(":", 1)[0], []
        for code in codes:
            short = keys[-1].removesuffix("Min") + "Max" if code == "Max" else code
            keys.append(short if ":" in short else f"{section}:{short}")
            section = keys[-1].rsplit(":", 1)[0]
        found = values(told)
        for named, value in zip(keys, found):
            setting = catalogue.get(named.lower())
            expect(setting, f"{name}.md: there is no setting {named}")
            expect(not setting or default(setting) == value, f"{name}.md: {named} is {setting and setting['default']}, not {told}")


check_artefacts(sys.argv[2:])
check_documents()
finish()
