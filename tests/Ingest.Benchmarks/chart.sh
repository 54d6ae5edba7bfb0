#!/usr/bin/env bash
# Draws docs/aimd.svg: a real lane with a backlog, and a broker whose capacity is halved, whole again, gone and back. About 70 s.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tests/tools.sh
dotnet build tests/Ingest.Kafka.Tests -c Release --nologo -v quiet
artifacts/bin/Ingest.Kafka.Tests/release/Ingest.Kafka.Tests -noLogo -noColor -explicit only -showLiveOutput \
  -method Ingest.Kafka.Tests.Chart.ChartTests.A_capacity_drop_and_an_outage | sed -nE 's/^.*\[OUTPUT\] //p; /\[FAIL\]/,$p'
echo "docs/aimd.svg is drawn"
