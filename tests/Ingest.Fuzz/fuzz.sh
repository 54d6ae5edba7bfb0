#!/usr/bin/env bash
# Fuzzes every target, or one, for its share of the minutes, and prints a table. What is found is in artifacts/fuzz/findings, a file each
# with the command that replays it; inputs that took new edges are in artifacts/fuzz/corpus, and are where the next run begins.
# Usage: fuzz.sh MINUTES [TARGET] [KEEP] [REPLAY]
#   KEEP=1      puts the fewest and smallest inputs that take all edges into the tree (tests/Ingest.Fuzz/corpus)
#   REPLAY=FILE runs that input alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
minutes=${1:-10} target=${2:-} keep=${3:-} replay=${4:-}
fuzz=artifacts/fuzz/bin
if ! dotnet build tests/Ingest.Fuzz -c Release --nologo -v quiet >artifacts/fuzz-build.log 2>&1; then
  if grep -q 'NU1[13]0' artifacts/fuzz-build.log; then
    echo "skipped: the package SharpFuzz cannot be had"
    exit 0
  fi
  cat artifacts/fuzz-build.log
  exit 1
fi
if [[ -n $replay ]]; then
  exec artifacts/bin/Ingest.Fuzz/release/Ingest.Fuzz replay "$target" "$replay"
fi
# A copy is instrumented: what the tests and the product are built of stays as it is.
rm -rf "$fuzz" && mkdir -p artifacts/fuzz && cp -r artifacts/bin/Ingest.Fuzz/release "$fuzz"
artifacts/bin/Ingest.Fuzz/release/Ingest.Fuzz instrument "$fuzz"
mapfile -t targets < <([[ -n $target ]] && echo "$target" || "$fuzz/Ingest.Fuzz" targets)
seconds=$((minutes * 60 / ${#targets[@]}))
((seconds > 0)) || seconds=1
printf '%-18s %11s %9s %7s %6s %9s\n' target executions 'a second' edges new findings
failed=0
for name in "${targets[@]}"; do
  # A process of its own for each: an input that ends it leaves itself behind, and the next start says so.
  if ! "$fuzz/Ingest.Fuzz" run "$name" "$seconds" ${keep:+keep} 2>artifacts/fuzz/"$name".err; then
    failed=1
    [[ ! -e artifacts/fuzz/findings/$name.running ]] || "$fuzz/Ingest.Fuzz" run "$name" 0 || true
  fi
done
exit $failed
