#!/usr/bin/env bash
# kill -9 under load, again and again: checks/stress/kills.sh [RUNS=30] [ROUNDS=34], each run on a directory of its own.
# The defaults make 1,020 kills and take about 45 minutes. A failing run prints its seed; INGEST_SEED=N repeats it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
runs=${1:-30}
export INGEST_TEST_KILL_ROUNDS=${2:-34}
build
for ((i = 1; i <= runs; i++)); do
  echo "== run $i of $runs, $INGEST_TEST_KILL_ROUNDS kills"
  run KillTests.Kills_under_load_lose_nothing
  run KilledCallTests.Killed_at_any_call_that_matters_nothing_is_lost
done
echo "lost 0, unexpected 0, duplicated 0 in $((runs * INGEST_TEST_KILL_ROUNDS)) kills"
