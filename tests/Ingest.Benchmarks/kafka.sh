#!/usr/bin/env bash
# Delivery to Kafka in figures: tests/Ingest.Benchmarks/kafka.sh [EVENTS=1000000] [OUTAGE_SECONDS=60]
# A backlog through the lane beside a bare produce loop with the same settings, in one run; then an outage under load.
# The broker is librdkafka's mock cluster in a process of its own: quote the ratios.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
tests/tools.sh
make --no-print-directory build
dotnet build tests/Ingest.Kafka.Tests -c Release --nologo -v quiet
export INGEST_BENCH_EVENTS=${1:-1000000} INGEST_BENCH_OUTAGE_SECONDS=${2:-60}
for part in A_backlog_is_delivered_nearly_as_fast_as_a_bare_produce_loop_sends \
            An_outage_under_load_is_not_seen_by_producers_and_its_backlog_is_soon_gone; do
  artifacts/bin/Ingest.Kafka.Tests/release/Ingest.Kafka.Tests -noLogo -noColor -explicit only -showLiveOutput \
    -method "Ingest.Kafka.Tests.Speed.SpeedTests.$part" | sed -nE 's/^.*\[OUTPUT\] //p; /\[FAIL\]/,$p'
done
