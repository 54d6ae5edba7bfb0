#!/usr/bin/env bash
# Three nodes behind HAProxy: a rolling restart, and kill -9 with adoption, under load: checks/stress/fleet.sh [RATE=5000] [SECONDS=60]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export INGEST_TEST_FLEET_RATE=${1:-5000} INGEST_TEST_FLEET_SECONDS=${2:-60}
build
run Fleet.FleetTests.Restarted_in_turn_under_load_no_request_fails_and_no_event_is_lost
run Fleet.FleetTests.A_node_killed_under_load_costs_its_requests_under_way_and_its_events_are_adopted_once
