#!/usr/bin/env bash
# Everything that crashes, drains, fills and fails, several times over, to find what fails rarely: checks/stress/repeat.sh [RUNS=10]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
runs=${1:-10}
build
for ((i = 1; i <= runs; i++)); do
  echo "== run $i of $runs"
  artifacts/bin/Ingest.Crash.Tests/release/Ingest.Crash.Tests -noLogo -noColor | tail -60
done
