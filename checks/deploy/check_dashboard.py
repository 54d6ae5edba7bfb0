#!/usr/bin/env python3
"""The dashboard's panels do not overlap, know their variables, and ask what Prometheus can answer. Argument: a directory for scratch files."""
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from common import DEPLOY, expect, finish

dashboard = json.loads((DEPLOY / "grafana/ingest.json").read_text())
panels = dashboard["panels"]
expect(len({p["id"] for p in panels}) == len(panels), "two panels have one id")

taken = {}
for p in panels:
    g = p["gridPos"]
    expect(g["x"] + g["w"] <= 24, f"{p['title']}: wider than the page")
    for cell in ((x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])):
        expect(cell not in taken, f"{p['title']} lies over {taken.get(cell)}")
        taken[cell] = p["title"]

variables = {v["name"] for v in dashboard["templating"]["list"]}
queries = [(p["title"], t["expr"]) for p in panels for t in p.get("targets", [])]
for title, expr in queries:
    for name in re.findall(r"\$\{?([a-z]+)\b", expr):
        expect(name in variables, f"{title}: unknown variable {name}")
for p in panels:
    if p["type"] != "row":
        expect(p["datasource"]["uid"] == "${source}", f"{p['title']}: tied to one source")
        expect(p["fieldConfig"]["defaults"].get("unit"), f"{p['title']}: no unit")

promtool = shutil.which("promtool")
if promtool:
    # Prometheus reads a query only as part of a rule.
    rules = Path(sys.argv[1]) / "dashboard.rules.yml"
    plain = [re.sub(r"\$[a-z]+\b", ".*", e.replace("$__rate_interval", "1m")) for _, e in queries]
    entries = [{"record": f"panel:{i}", "expr": e} for i, e in enumerate(plain)]
    rules.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": entries}]}))
    run = subprocess.run([promtool, "check", "rules", str(rules)], capture_output=True, text=True, check=False)
    expect(run.returncode == 0, run.stdout + run.stderr)
finish()
