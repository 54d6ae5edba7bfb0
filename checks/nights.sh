#!/usr/bin/env bash
# Five faults at a real node and a mock of Kafka, with every command of "Five nights" in docs/operating.md run and compared: checks/nights.sh
# [PART OF A TITLE], after make build. About a minute. What a night that failed left is in artifacts/nights. The one with little memory
# needs root, for its control group, and is skipped without.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ -x artifacts/ingest/ingest ]] || { echo "run make build first" >&2; exit 2; }
dotnet build tests/Ingest.MockCluster -c Release --nologo -v quiet >/dev/null
PYTHONPATH=checks exec python3 checks/nights/run.py "$@"
