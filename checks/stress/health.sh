#!/usr/bin/env bash
# Is health right, and how fast, under load, while the node drains, fills its disk, runs short of memory and fails?
# Usage: checks/stress/health.sh [PROBES=10000] [RATE=5000]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export INGEST_TEST_HEALTH_PROBES=${1:-10000} INGEST_TEST_HEALTH_RATE=${2:-5000}
build
run Probing.HealthProbeTests.Health_is_never_wrong_while_the_node_drains_fills_runs_short_of_memory_and_fails
# Asked as a load balancer asks, while the node is as busy as it can be.
run Probing.HealthLatencyTests.A_busy_node_answers_within_a_millisecond -explicit on
