#!/usr/bin/env bash
# Kills at every step of a Kafka transaction, and second processes with one log, as two tables: checks/transactions.sh [KILLS] [SEED] [MOMENT]
# 300 kills and a third as many zombies by default, seed 1701. MOMENT picks the rows with this in them, such as commit. Left in
# artifacts/transactions; about a quarter of an hour.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tests/tools.sh
make --no-print-directory build
dotnet build tests/Ingest.Kafka.Tests -c Release --nologo -v quiet
export INGEST_TEST_TRANSACTION_KILLS=${1:-300} INGEST_SEED=${2:-1701} INGEST_TEST_TRANSACTION_MOMENTS=${3:-}
export INGEST_TEST_TRANSACTION_ZOMBIES=$((INGEST_TEST_TRANSACTION_KILLS / 3))
code=0
artifacts/bin/Ingest.Kafka.Tests/release/Ingest.Kafka.Tests -noLogo -noColor -explicit only \
  -method '*.A_node_killed_at_every_step_of_transactions_delivers_each_event_once_and_in_order' \
  -method '*.Every_second_process_with_a_log_is_fenced_however_it_comes_to_be' >artifacts/transactions.log 2>&1 || code=$?
[[ $code -eq 0 ]] || cat artifacts/transactions.log
cat artifacts/transactions/kills.md artifacts/transactions/zombies.md
exit "$code"
