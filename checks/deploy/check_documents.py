#!/usr/bin/env python3
"""Every alert has an entry in the runbook, every entry an alert; every link between these documents leads somewhere; lines stay readable."""
import re

from common import DEPLOY, ROOT, expect, finish, load_all

DOCUMENTS = [ROOT / f"docs/{n}.md" for n in ("operating", "sizing", "timeouts")] + [DEPLOY / "README.md"]


def anchors(path):
    """As they are made from headings: lower case, spaces to dashes, anything but letters, digits and dashes dropped."""
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?s)```.*?```", "", path.read_text()))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


alerts = {r["alert"]: r for g in load_all(DEPLOY / "prometheus/ingest.rules.yml")[0]["groups"] for r in g["rules"] if "alert" in r}
runbook = (ROOT / "docs/operating.md").read_text()
entries = re.findall(r"(?m)^### (Ingest\w+)$", runbook)
expect(sorted(entries) == sorted(alerts), f"alerts without an entry or entries without an alert: {set(entries) ^ set(alerts)}")
for name, rule in alerts.items():
    expect(rule["annotations"]["runbook"] == f"docs/operating.md#{name.lower()}", f"{name}: runbook link")
    expect(rule["labels"]["severity"] in ("page", "ticket"), f"{name}: severity")
tested = {t["alertname"] for d in load_all(ROOT / "checks/deploy/ingest.rules.test.yml")[0]["tests"] for t in d.get("alert_rule_test", [])}
expect(set(alerts) <= tested, f"alerts that no test shows firing: {set(alerts) - tested}")

for document in DOCUMENTS:
    text = document.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?s)```.*?```", "", text)):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        path = (document.parent / file).resolve() if file else document
        expect(path.exists(), f"{document.name}: {target} is not there")
        if anchor and path.exists():
            expect(anchor in anchors(path), f"{document.name}: {target} has no such heading")
    for name in re.findall(r"`(deploy/[\w./-]+|docs/[\w./-]+)`", text):
        expect((ROOT / name).exists(), f"{document.name}: {name} is not there")
    for number, line in enumerate(text.splitlines(), 1):
        expect(len(line) <= 150 or line.startswith("|"), f"{document.name}:{number} is {len(line)} long")
finish()
