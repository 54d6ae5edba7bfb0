#!/usr/bin/env bash
# Counts the instructions of the hot pieces under callgrind, and holds them against a baseline: tests/Ingest.Benchmarks/instructions.sh [--write]
# A native program runs a piece N times, and again 2N times: the difference is free of the start. More than 3 % more than the baseline fails,
# and so does a piece that allocates; --write makes what is counted the baseline, whose change a commit has to explain. 77: what it needs is
# not here, and why.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
baseline=$here/instructions/baseline.tsv
most=3
skip() { echo "$*"; exit 77; }
[[ $(uname -sm) == "Linux x86_64" ]] || skip "Instructions are counted on Linux x86-64."
grep -qw avx2 /proc/cpuinfo || skip "The baseline is of processors with AVX2: other code runs here."
command -v valgrind >/dev/null || skip "No valgrind (Debian: valgrind)."
command -v gcc >/dev/null || skip "No gcc to link a native program with."
out=artifacts/instructions
log=$(mktemp)
work=$(mktemp -d)
trap 'rm -rf "$log" "$work"' EXIT
# BUILT=1: the solution is built already, and other tests use what came of it.
dotnet publish "$here/instructions/Ingest.Instructions.csproj" -c Release -o $out --nologo -v quiet -nodeReuse:false \
  -p:RunAnalyzers=false ${BUILT:+-p:BuildProjectReferences=false} >"$log" 2>&1 || {
  ! grep -qE 'NU1101|NU1102|NU1301|ILCompiler.*(not found|missing)' "$log" || skip "The native compiler could not be restored."
  cat "$log"
  exit 1
}
# Callgrind reads no debugging information of this compiler, and needs none.
rm -f $out/*.dbg
count() { # count PIECE TIMES → instructions
  TMPDIR=$work valgrind --tool=callgrind --callgrind-out-file=/dev/null $out/Ingest.Instructions "$1" "$2" 2>&1 |
    awk '/Collected :/ {print $4; found = 1} END {exit !found}'
}
of() { # of PIECE → instructions of one run of it
  local times=200 once twice
  # A run's own start differs by some thousand instructions: the small pieces are run often enough that it does not show.
  case $1 in headers | json | checksum) times=10000 ;; esac
  once=$(count "$1" $times) && twice=$(count "$1" $((2 * times))) || return 1
  echo $(((twice - once) / times))
}
mapfile -t pieces < <($out/Ingest.Instructions)
failed=0
for piece in "${pieces[@]}"; do
  allocated=$(TMPDIR=$work $out/Ingest.Instructions "$piece" 100)
  [[ $allocated -eq 0 ]] || { echo "$piece: a hundred runs allocate $allocated bytes, and none is allowed" && failed=1; }
done
[[ $failed -eq 0 ]] || exit 1
for piece in "${pieces[@]}"; do of "$piece" >"$work/$piece" & done
for job in $(jobs -p); do wait "$job" || failed=1; done
[[ $failed -eq 0 ]] || { echo "a piece could not be counted"; exit 1; }
if [[ ${1:-} == --write ]]; then
  for piece in "${pieces[@]}"; do printf '%s\t%s\n' "$piece" "$(cat "$work/$piece")"; done >"$baseline"
  cat "$baseline"
  exit
fi
printf '%-10s %12s %12s %8s\n' piece baseline counted change
for piece in "${pieces[@]}"; do
  known=$(awk -v p="$piece" '$1 == p {print $2}' "$baseline")
  awk -v p="$piece" -v was="${known:-0}" -v is="$(cat "$work/$piece")" -v most=$most 'BEGIN {
    change = (was > 0 ? (is / was - 1) * 100 : 100)
    printf "%-10s %12d %12d %7.2f%%%s\n", p, was, is, change, (change > most ? "  MORE THAN " most " % MORE" : "")
    exit change > most
  }' || failed=1
done
[[ $failed -eq 0 ]] || echo "Where the work is worth it: tests/Ingest.Benchmarks/instructions.sh --write, and say why in the commit."
exit $failed
