#!/usr/bin/env bash
# Measures what this build is to reach: tests/Ingest.Benchmarks/bench.sh [PART...], from the project's root, after `make build`.
# Parts of the table: closed busy open http2 memory gc allocation start kafka. On request: peers (durable servers of other kinds), growth.
# ROUNDS (5), SECONDS_EACH (5); KEEP=1 appends to docs/bench/history.jsonl as well, which is committed and drawn by charts.py.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
parts=("$@")
((${#parts[@]})) || parts=(closed busy open http2 memory gc allocation start kafka)
for part in "${parts[@]}"; do
  [[ -x $here/parts/$part.sh ]] || { echo "no part $part; there are: $(cd "$here/parts" && echo *.sh | sed 's/\.sh//g')" >&2; exit 2; }
done
export ROUNDS=${ROUNDS:-5} SECONDS_EACH=${SECONDS_EACH:-5} BENCH_ROWS
BENCH_ROWS=$(mktemp)
trap 'rm -f "$BENCH_ROWS"' EXIT
failed=()
for part in "${parts[@]}"; do
  echo "== $part"
  env -u part "$here/parts/$part.sh" || failed+=("$part")
done
histories=(artifacts/bench/history.jsonl)
[[ ! ${KEEP:-} ]] || histories+=(docs/bench/history.jsonl)
python3 "$here/report.py" "$BENCH_ROWS" "${histories[@]}"
((${#failed[@]} == 0)) || { echo "not measured: ${failed[*]}"; exit 1; }
