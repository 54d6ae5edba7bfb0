#!/usr/bin/env bash
# What five viewers cost a node under load: tests/Ingest.Benchmarks/viewers.sh [ROUNDS=9] [SECONDS_EACH=6]
# Single events over 64 connections into files, in turns without viewers and with three pages of the console and two `ingest top`. A page is
# what it asks for: status and history, every 1.5 s. Ratios of the node's processor time a request and of the rate,
# medians of the rounds. What the node does for its history with nobody watching is shown as the processor time of an idle second.
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
while True:
    for page in pages:
        for path in ("/status", "/history?sinceSeconds=300&points=300"):
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
run() { # run NAME
  local before requests
  before=$(cpu)
  requests=$(wrk -t1 -c64 -d"${each}s" -s "$here/single.lua" "$intake/v1/events" | sed -n 's/ *\([0-9]*\) requests in.*/\1/p')
  echo "$1 $requests $((($(cpu) - before) * 1000000 / ticks))" >>"$work/results"
}
idle=$(cpu)
rest 20
echo "idle: $((($(cpu) - idle) * 1000 / ticks / 20)) ms of processor time a second"
run warm && run warm && rm "$work/results"
for ((round = 0; round < rounds; round++)); do
  run without
  come && run with && leave
  run without
done
python3 - "$work/results" <<'PY'
import statistics, sys
rows = [(name, int(requests), int(cpu)) for name, requests, cpu in (line.split() for line in open(sys.argv[1]))]
rates, times = [], []
for at in range(0, len(rows), 3):
    before, between, after = rows[at:at + 3]
    rates.append(2 * between[1] / (before[1] + after[1]))
    times.append((between[2] / between[1]) / ((before[2] + after[2]) / (before[1] + after[1])))
print(f"with five viewers: rate {statistics.median(rates):.3f} ({min(rates):.3f} to {max(rates):.3f}), "
      f"processor time a request {statistics.median(times):.3f} ({min(times):.3f} to {max(times):.3f}), {len(rates)} rounds")
PY
