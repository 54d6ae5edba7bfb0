#!/usr/bin/env bash
# The table of faults and what came of each: checks/faults.sh [SECONDS=60] [NAME]
# SECONDS is how long the longest fault lasts; the whole takes about three times as long. NAME picks the faults with this in their name.
# Traces of every lane, ten looks a second, are left in artifacts/faults.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tests/tools.sh
make --no-print-directory build
dotnet build tests/Ingest.Kafka.Tests -c Release --nologo -v quiet
export INGEST_TEST_FAULT_SECONDS=${1:-60} INGEST_TEST_FAULTS=${2:-}
code=0
artifacts/bin/Ingest.Kafka.Tests/release/Ingest.Kafka.Tests -noLogo -noColor -explicit only \
  -method Ingest.Kafka.Tests.Faults.FaultTableTests.Every_fault_for_as_long_as_outages_last >artifacts/faults.log 2>&1 || code=$?
[[ $code -eq 0 ]] || cat artifacts/faults.log
cat "artifacts/faults/table-${INGEST_TEST_FAULT_SECONDS}s.txt"
echo "window: its smallest value in each twentieth of the time, and the range; breaker: ─ closed, ━ open, ╍ half open, × blocked"
exit "$code"
