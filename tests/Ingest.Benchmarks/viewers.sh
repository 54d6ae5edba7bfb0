#!/usr/bin/env bash
# What five viewers cost a node under load: tests/Ingest.Benchmarks/viewers.sh [ROUNDS=9] [SECONDS_EACH=6]
# Three pages of the console and two `ingest top`, come and gone in turns while single events arrive at a fixed rate into files, so that the
# load is the same in all turns, and small, so that what differs is the viewers. A page is what it asks for: the status every 1.5 s, the
# history every 4.5 s.
# Their cost is the processor time of the node a second with them less that without them, the median of the rounds, as a part of what the
# node needs at its full rate over 64 connections.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
rounds=${1:-9} each=${2:-6}
make --no-print-directory build
work=$(mktemp -d)
port=${INGEST_TEST_PORTS_FROM:-16760}
intake=http://127.0.0.1:$port admin=http://127.0.0.1:$((port + 1))
viewers=()
leave() { [[ ${#viewers[@]} -eq 0 ]] || { kill "${viewers[@]}" 2>/dev/null || true; wait "${viewers[@]}" 2>/dev/null || true; }; viewers=(); }
finish() { local code=$?; [[ $code -eq 0 ]] || cat "$work"/pages 2>/dev/null || true; leave; kill "$node" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"; }
artifacts/ingest/ingest serve --data "$work/data" --intake "$intake" --admin "$admin" --set Drain:BalancerDelay=0s >"$work/log" 2>&1 &
node=$!
trap finish EXIT
rest() { read -rt "$1" <> <(:) || true; }
until curl -sf -o /dev/null "$admin/health/ready"; do
  kill -0 "$node" || { cat "$work/log"; exit 1; }
  rest 0.2
done

pages() { # Three of them, in one process that costs little beside the node.
  exec python3 - "$port" <<'PY'
import http.client, sys, time
pages = [http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]) + 1) for _ in range(3)]
look = 0
while True:
    for page in pages:
        look += 1
        for path in ("/status", "/history?sinceSeconds=300&points=300")[:2 if look % 9 < 3 else 1]:
            page.request("GET", path)
            assert page.getresponse().read()
        time.sleep(0.5)
PY
}
come() {
  pages 2>"$work/pages" & viewers+=($!)
  for _ in 1 2; do script -qfc "artifacts/ingest/ingest top --admin $admin" /dev/null >/dev/null 2>&1 & viewers+=($!); done
  # A screen that starts takes what its start takes.
  rest 2
}
cpu() { awk '{print $14 + $15}' "/proc/$node/stat"; }
ticks=$(getconf CLK_TCK)
measure() { # measure NAME COMMAND...
  local before began requests
  before=$(cpu) began=$EPOCHREALTIME
  requests=$("${@:2}")
  echo "$1 $requests $(awk -v ms=$((($(cpu) - before) * 1000 / ticks)) -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN{print ms / (to - from)}')" \
    >>"$work/results"
}
full() { wrk -t1 -c64 -d"${each}s" -s "$here/single.lua" "$intake/v1/events" | sed -n 's/ *\([0-9]*\) requests in.*/\1/p'; }
steady() { artifacts/ingest/ingest bench "$intake" --rate 500 --duration "${each}s" --connections 64 >/dev/null && echo $((500 * each)); }
measure warm full && measure warm full && rm "$work/results"
# What the runtime compiles because it is called often, it compiles once: here, and not in the turns that count.
for path in status "history?sinceSeconds=300&points=300" "history?sinceSeconds=300&points=40"; do
  wrk -t1 -c1 -d4s "$admin/$path" >/dev/null
done
come && rest 10 && leave
for ((round = 0; round < rounds; round++)); do
  measure full full
  measure without steady
  come && measure with steady && leave
  measure without steady
done
python3 - "$work/results" <<'PY'
import statistics, sys
rows = [(name, float(milliseconds)) for name, _, milliseconds in (line.split() for line in open(sys.argv[1]))]
full = statistics.median(time for name, time in rows if name == "full")
without = [time for name, time in rows if name == "without"]
costs = [time - (rows[at - 1][1] + rows[at + 1][1]) / 2 for at, (name, time) in enumerate(rows) if name == "with"]
print(f"the node needs {full:.0f} ms of processor time a second at its full rate, {statistics.median(without):.0f} at 500 events a second")
print(f"five viewers: {statistics.median(costs):.1f} ms a second ({min(costs):.1f} to {max(costs):.1f}, {len(costs)} rounds), "
      f"{statistics.median(costs) / full:.2%} of the full rate")
PY
