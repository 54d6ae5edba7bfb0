#!/usr/bin/env python3
"""The unit's promises that systemd itself does not check: what ends a restart, what the first settings open, what it names is installed."""
import json
import re

from common import DEPLOY, expect, finish


def read(path):
    """Every value of each key, in order."""
    unit = {}
    for line in re.sub(r"\\\n\s*", " ", path.read_text()).splitlines():
        key, found, value = line.partition("=")
        if found and not line.startswith(("#", ";")):
            unit.setdefault(key.strip(), []).extend(value.split() if key != "ExecStart" else [value])
    return unit


unit = read(DEPLOY / "systemd/ingest.service")
# RestartPreventExitStatus= looks at the main process alone: a command before it that fails is started again and again.
for key in ("ExecStartPre", "ExecCondition", "ExecStartPost"):
    expect(key not in unit, f"{key}: its exit code is not one that RestartPreventExitStatus sees")
expect({"1", "2"} <= set(unit["RestartPreventExitStatus"]), "wrong settings are tried again")
expect("time-sync.target" in unit["After"], "a node may start before the clock is set")
expect("time-sync.target" not in unit.get("Wants", []), "time-sync.target is ordered after, not pulled in (systemd.special(7))")

settings = json.loads(re.sub(r"(?m)^\s*//.*\n", "", (DEPLOY / "systemd/ingest.json").read_text()))
loopback = re.match(r"https?://(127\.|localhost|\[::1\]|unix:)", settings["Listen"]["Intake"])
expect(loopback or not settings.get("Intake", {}).get("Anonymous"), "the first settings let anyone who reaches the machine send")
finish()
