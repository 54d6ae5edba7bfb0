#!/usr/bin/env bash
# From the start of the process until /health/ready says yes, asked every 2 ms: with an empty directory, and with BACKLOG_GB (0.5) pending
# for a sink that is not there, after a stop in order. The median of the rounds.
part=start
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
need wrk wrk
gigabytes=${BACKLOG_GB:-0.5}
ready_in() { # ready_in DATA ARGUMENT... → seconds; the node is stopped again
  python3 - "$@" <<'PY'
import http.client, os, subprocess, sys, time
data, port = sys.argv[1], int(os.environ["PORT"])
began = time.monotonic()
node = subprocess.Popen(["artifacts/ingest/ingest", "serve", "--data", data, "--intake", f"http://127.0.0.1:{port}", "--admin",
                         f"http://127.0.0.1:{port + 1}", "--set", "Drain:BalancerDelay=0", "--set", "Drain:Deadline=1s", *sys.argv[2:]],
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
took = None
while took is None and node.poll() is None and time.monotonic() - began < 60:
    try:
        page = http.client.HTTPConnection("127.0.0.1", port + 1, timeout=1)
        page.request("GET", "/health/ready")
        if page.getresponse().status == 200:
            took = time.monotonic() - began
    except OSError:
        pass
    if took is None:
        time.sleep(0.002)
node.terminate()
node.wait()
assert took is not None, "the node did not get ready"
print(f"{took:.3f}")
PY
}
export PORT=${ports[ingest]}
for _ in $(seq "$rounds"); do
  rm -rf "$work/empty"
  ready_in "$work/empty" --sink discard >>"$work/took-empty"
done
away=(--sink http --set "Sinks:Http:Url=http://127.0.0.1:9/")
DATA=$work/pending start_ingest "${away[@]}" --set Drain:Deadline=1s
wanted=$(awk -v g="$gigabytes" 'BEGIN {printf "%.0f", g * 1e9}')
until [[ $(du -sb --apparent-size "$work/pending/wal" | cut -f1) -ge $wanted ]]; do shoot ingest batch 16 2 >"$work/shot"; done
stop ingest
pending=$(du -sm --apparent-size "$work/pending" | cut -f1)
for _ in $(seq "$rounds"); do ready_in "$work/pending" "${away[@]}" >>"$work/took-pending"; done
echo "ready after $(median <"$work/took-empty") s empty, $(median <"$work/took-pending") s with $pending MB pending"
record start "ready s, empty" "$(median <"$work/took-empty")" "<=" 0.2
record start "ready s, ${gigabytes} GB pending" "$(median <"$work/took-pending")" "<=" 0.5
