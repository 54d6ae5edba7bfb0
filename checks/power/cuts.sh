#!/usr/bin/env bash
# Power cuts of the real executable on a file system that forgets: checks/power/cuts.sh [RUNS=10] [ROUNDS=15]; each run makes ROUNDS cuts in
# each of four campaigns, with seeds from SEED=1. The first run that does not hold says its seed and ends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=${1:-10} seed=${SEED:-1}
export INGEST_TEST_POWER_ROUNDS=${2:-15} DOTNET_TieredPGO=0
checks/power/build.sh
make --no-print-directory build
dotnet build tests/Ingest.Crash.Tests -c Release --nologo -v quiet
for ((run = 0; run < runs; run++)); do
  echo "== seed $((seed + run))"
  INGEST_SEED=$((seed + run)) artifacts/bin/Ingest.Crash.Tests/release/Ingest.Crash.Tests -noLogo -noColor -showLiveOutput \
    -method '*PowerCutTests.Power_cuts_*' >artifacts/power/run.log || { cat artifacts/power/run.log; exit 1; }
  sed -nE 's/.*\[OUTPUT\] (in all: .*|proof: .*)/\1/p' artifacts/power/run.log
done
echo "lost 0 in $((runs * 4 * INGEST_TEST_POWER_ROUNDS)) cuts"
