#!/usr/bin/env bash
# Memory with ten million events pending and start-up with 5 GB pending: checks/stress/backlog.sh [EVENTS] [BYTES]
# Needs about 20 GB of disk below $TMPDIR.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export INGEST_TEST_BACKLOG_EVENTS=${1:-10000000} INGEST_TEST_BACKLOG_BYTES=${2:-5000000000}
build
run BacklogTests.Pending_events_cost_no_memory_and_are_delivered_when_the_sink_is_back
run BacklogTests.A_node_with_a_backlog_is_ready_in_about_a_second
