#!/usr/bin/env python3
"""No shell between the signal and the process, no root, nothing copied that is not there or not sent to the builder."""
import fnmatch
import json
import re

from common import ROOT, expect, finish

text = (ROOT / "Dockerfile").read_text()
text = re.sub(r"(?m)^#.*\n", "", text).replace("\\\n", " ")
instructions = [line.split(None, 1) for line in text.splitlines() if line.strip()]


def last(name):
    return next((rest for word, rest in reversed(instructions) if word == name), "")


def is_exec_form(rest):
    try:
        return isinstance(json.loads(rest), list)
    except ValueError:
        return False


expect(is_exec_form(last("ENTRYPOINT")), "ENTRYPOINT is not in exec form: a shell would take the signals")
expect(is_exec_form(last("CMD")), "CMD is not in exec form")
health = last("HEALTHCHECK")
expect("CMD" in health and is_exec_form(health.split("CMD", 1)[1]), "HEALTHCHECK needs a shell, and the base has none")
expect("ingest" not in json.loads(health.split("CMD", 1)[1])[0].rsplit("/", 1)[-1], "HEALTHCHECK starts a runtime every few seconds")
expect("status" not in health and "ready" not in health, "HEALTHCHECK asks readiness: a draining node would be killed")
expect(last("STOPSIGNAL") == "SIGTERM", "STOPSIGNAL is not SIGTERM")
expect(re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", last("USER")), "USER is not a number other than 0: Kubernetes cannot tell that it is not root")
expect("/var/lib/ingest" in last("VOLUME"), "the log's directory is no volume")

kept = [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines() if line.strip() and not line.startswith("#")]
expect(kept[0] == "*", ".dockerignore does not start from nothing")
allowed = [line[1:] for line in kept if line.startswith("!")]
for word, rest in instructions:
    if word == "COPY" and "--from" not in rest:
        for source in rest.split()[:-1]:
            expect(list(ROOT.glob(source)), f"COPY {source}: there is no such file")
            expect(any(fnmatch.fnmatch(source, a) for a in allowed), f"COPY {source}: .dockerignore keeps it from the builder")
finish()
