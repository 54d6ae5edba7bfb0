#!/usr/bin/env bash
# Hours of everything at once: checks/soak.sh [MINUTES=60] [--table FILE], after make build. Two nodes, the first of which passes on to the
# second; the second is killed, restarted, held up and filled, the first lives through it all and must not grow. SEED=N repeats the order of
# faults, RATE=N sets the requests a second (200). What is left is in artifacts/soak; --table puts the summary between the marks of a page.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ -x artifacts/ingest/ingest ]] || { echo "run make build first" >&2; exit 2; }
PYTHONPATH=checks exec python3 checks/soak/run.py "$@"
