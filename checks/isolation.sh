#!/usr/bin/env bash
# One bad stream, key or event beside good ones, in every way a receiver can refuse it, as a table: checks/isolation.sh [NAME]
# NAME picks the rows with this in them, such as "http key". Left in artifacts/isolation/table.md; about five minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tests/tools.sh
make --no-print-directory build
dotnet build tests/Ingest.Kafka.Tests -c Release --nologo -v quiet
export INGEST_TEST_ISOLATION=${1:-}
code=0
artifacts/bin/Ingest.Kafka.Tests/release/Ingest.Kafka.Tests -noLogo -noColor -explicit only \
  -method '*.One_bad_stream_key_or_event_stops_no_other_in_whatever_way_it_is_refused' >artifacts/isolation.log 2>&1 || code=$?
[[ $code -eq 0 ]] || cat artifacts/isolation.log
cat artifacts/isolation/table.md
exit "$code"
