#!/usr/bin/env bash
# This build beside an earlier one, in one run, on this machine: a backlog that a lane drains, and intake with delivery, into the discard
# sink and into files. The earlier commit is built in a clone of its own. Rounds alternate, and so does which of the two begins; a ratio is
# the median of the rounds' own ratios, above 1 where this build is faster or, in CPU time, needs more.
# Usage, from the project's root, after `make build`: tests/Ingest.Benchmarks/before.sh COMMIT [rounds] [seconds] [events]
# BENCH_WHAT="backlog intake single" and BENCH_SINKS="discard file" choose; on a busy machine many short rounds tell more than few long ones.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
commit=$(git rev-parse --short "${1:?the commit to compare with}") rounds=${2:-7} seconds=${3:-5} events=${4:-400000}
[[ -x artifacts/ingest/ingest ]] || { echo "no artifacts/ingest/ingest: run make build first" >&2; exit 2; }
command -v wrk >/dev/null || { echo "wrk is missing (apt-get install wrk)" >&2; exit 2; }

read -ra whats <<<"${BENCH_WHAT:-backlog intake single}"
read -ra sinks <<<"${BENCH_SINKS:-discard file}"

clone=${TMPDIR:-/tmp}/ingest-before-$commit
if [[ ! -x $clone/artifacts/ingest/ingest ]]; then
  echo "building $commit in $clone"
  [[ -d $clone ]] || git clone -q --shared . "$clone"
  git -C "$clone" checkout -q "$commit"
  (cd "$clone" && dotnet publish src/Ingest.Worker/Ingest.Worker.csproj -c Release -o artifacts/ingest --nologo -v quiet)
fi
declare -A executables=([before]=$clone/artifacts/ingest/ingest [now]=$PWD/artifacts/ingest/ingest)
declare -A ports=()
for sink in "${sinks[@]}"; do
  for build in before now; do ports[$build-$sink]=$((18100 + 2 * ${#ports[@]})); done
done
declare -A pids=()
work=$(mktemp -d -p "${BENCH_DIR:-.}" .bench-XXXXXX)
work=$(cd "$work" && pwd)
stop() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT

ready() { curl -sf "http://127.0.0.1:${ports[$1]}/health/ready" >/dev/null; }
for node in "${!ports[@]}"; do
  "${executables[${node%-*}]}" serve --intake "http://127.0.0.1:${ports[$node]}" --admin "http://127.0.0.1:$((ports[$node] + 1))" \
    --data "$work/$node" --sink "${node#*-}" --set Wal:Retention=1d --set Drain:BalancerDelay=0 >"$work/$node.log" 2>&1 &
  pids[$node]=$!
  for _ in $(seq 100); do ready "$node" && break; sleep 0.1; done
  ready "$node" || { echo "$node did not get ready"; tail "$work/$node.log"; exit 2; }
done

admin() { curl -sf "http://127.0.0.1:$((ports[$1] + 1))$2" "${@:3}"; }
settled() { admin "$1" /status | grep -o '"settled":[0-9]*' | head -1 | cut -d: -f2; }
durable() { admin "$1" /status | grep -o '"durable[A-Za-z]*":[0-9]*' | head -1 | cut -d: -f2; }
ticks() { awk '{print $14 + $15}' "/proc/${pids[$1]}/stat"; }
load() { wrk -t1 -c"$3" -d"$4" -s "$here/$2.lua" "http://127.0.0.1:${ports[$1]}/v1/events" >/dev/null; }
# The node has delivered everything: its last number, the moment it was seen. A look costs the node a millisecond or two, so that few are taken.
drained() { local last; last=$(durable "$1"); until [[ $(settled "$1") -ge $last ]]; do sleep 0.2; done; echo "$last $EPOCHREALTIME"; }
figures() { # node, events, began, ended, ticks → events a second, microseconds of CPU an event
  awk -v n="$2" -v from="$3" -v to="$4" -v cpu="$5" -v hz="$(getconf CLK_TCK)" 'BEGIN{printf "%.0f %.4f\n", n/(to-from), cpu/hz*1e6/n}'
}
backlog() {
  local node=$1 cpu began last ended
  last=$(durable "$node"); cpu=$(ticks "$node"); began=$EPOCHREALTIME
  admin "$node" "/lanes/${node#*-}/rewind?to=1" -X POST >/dev/null
  read -r last ended < <(drained "$node")
  figures "$node" "$last" "$began" "$ended" $(($(ticks "$node") - cpu))
}
intake() {
  local node=$1 cpu began first last ended
  first=$(durable "$node"); cpu=$(ticks "$node"); began=$EPOCHREALTIME
  load "$node" batch 16 "${seconds}s"
  read -r last ended < <(drained "$node")
  figures "$node" $((last - first)) "$began" "$ended" $(($(ticks "$node") - cpu))
}
single() {
  local node=$1 cpu began first last ended
  first=$(durable "$node"); cpu=$(ticks "$node"); began=$EPOCHREALTIME
  load "$node" single 64 "${seconds}s"
  read -r last ended < <(drained "$node")
  figures "$node" $((last - first)) "$began" "$ended" $(($(ticks "$node") - cpu))
}

for node in "${!ports[@]}"; do
  load "$node" single 64 2s
  until [[ $(durable "$node") -ge $events ]]; do load "$node" batch 16 1s; done
  drained "$node" >/dev/null
  backlog "$node" >/dev/null
done
for sink in "${sinks[@]}"; do
  # The backlog first, while both have about as much of it.
  for what in "${whats[@]}"; do
    for round in $(seq "$rounds"); do
      order=(before now); ((round % 2)) || order=(now before)
      for build in "${order[@]}"; do "$what" "$build-$sink" >>"$work/$what-$sink-$build"; done
    done
  done
done

median() { sort -g | awk '{a[NR]=$1} END{print (NR % 2) ? a[(NR+1)/2] : (a[NR/2] + a[NR/2+1]) / 2}'; }
column() { cut -d' ' -f"$2" "$work/$1" | median; }
ratio() { paste -d' ' "$work/$1-now" "$work/$1-before" | awk -v c="$2" '{print $c/$(c+2)}' | median; }
printf '%-10s %-8s %12s %12s %7s %14s %14s %7s\n' what sink "$commit/s" "now/s" ratio "$commit us/ev" "now us/ev" ratio
for sink in "${sinks[@]}"; do
  for what in "${whats[@]}"; do
    name=$what-$sink
    printf '%-10s %-8s %12.0f %12.0f %7.3f %14.3f %14.3f %7.3f\n' "$what" "$sink" "$(column "$name-before" 1)" "$(column "$name-now" 1)" \
      "$(ratio "$name" 1)" "$(column "$name-before" 2)" "$(column "$name-now" 2)" "$(ratio "$name" 2)"
  done
done
