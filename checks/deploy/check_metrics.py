#!/usr/bin/env python3
"""Every metric that a rule or the dashboard asks for is one that a node shows.

Ours are read from the source that makes the instruments, and named as Prometheus names them. The runtime's and the server's are listed here:
they are documented, and change only with the framework.
"""
import json
import re

from common import DEPLOY, ROOT, expect, finish, load_all

# Not ours: what Prometheus makes of a scrape, and the meters System.Runtime and Microsoft.AspNetCore.Server.Kestrel.
FOREIGN = {"up", "dotnet_process_cpu_time_seconds_total", "dotnet_gc_pause_time_seconds_total",
           "dotnet_gc_last_collection_heap_size_bytes", "kestrel_active_connections"}
WORDS = {"by", "on", "or", "and", "without", "group_left", "group_right", "bool", "unless", "ignoring", "offset"}
UNITS = {"s": "seconds", "By": "bytes", "1": "ratio"}
NAME = re.compile(r'"((?:ingest|http|messaging)\.[a-z_.]+)",')
# Behind a name, past anything but another name: its unit. Where a method adds the unit for a whole row of instruments, it counts things.
UNIT = re.compile(r'(?:(?!"(?:ingest|http|messaging)\.)[\s\S]){0,300}?"(s|By|1|\{[a-z]+\}|)",')


def instruments():
    for file in (ROOT / "src/Ingest").rglob("*.cs"):
        text = file.read_text()
        for name in NAME.finditer(text) if "Meter" in text else ():
            unit = UNIT.match(text, name.end())
            base, suffix = name.group(1).replace(".", "_"), UNITS.get(unit.group(1), "") if unit else ""
            family = base if not suffix or f"_{suffix}_" in f"_{base}_" else f"{base}_{suffix}"
            yield from (family, f"{family}_total")


known = set(instruments())
expect(len(known) > 60, f"only {len(known) // 2} instruments found in the source")
rules = [r for g in load_all(DEPLOY / "prometheus/ingest.rules.yml")[0]["groups"] for r in g["rules"]]
recorded = {r["record"] for r in rules if "record" in r}
asked = [(r.get("alert", r.get("record")), r["expr"]) for r in rules]
dashboard = json.loads((DEPLOY / "grafana/ingest.json").read_text())
asked += [(p["title"], t["expr"]) for p in dashboard["panels"] for t in p.get("targets", [])]
asked += [(v["name"], v["query"]["query"]) for v in dashboard["templating"]["list"] if v["type"] == "query"]


def names(expr):
    """Words that are neither functions nor labels nor keywords."""
    expr = re.sub(r"#.*", "", expr)
    expr = re.sub(r'"[^"]*"', '""', expr)
    expr = re.sub(r"\{[^}]*\}", "", expr)
    expr = re.sub(r"\b(by|on|without|group_left|ignoring)\s*\([^)]*\)", "", expr)
    expr = re.sub(r"label_values\(([^,]+),[^)]*\)", r"\1", expr)
    expr = re.sub(r"\[[^\]]*\]", "", expr)
    return [w for w in re.findall(r"(?<![\w:$.])([a-z][\w:]+)\b(?!\s*\()", expr) if w not in WORDS]


for where, expr in asked:
    found = names(expr)
    expect(found, f"{where}: no metric found in {expr}")
    for name in found:
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        expect({name, family} & (known | recorded | FOREIGN), f"{where}: no node shows {name}")
finish()
