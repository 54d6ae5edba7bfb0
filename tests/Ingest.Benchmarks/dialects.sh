#!/usr/bin/env bash
# Dialects beside the native batch path, by bytes of body, in one run: tests/Ingest.Benchmarks/dialects.sh [ROUNDS=5] [SECONDS_EACH=4]
# Bodies of 100 events, 16 connections, discard sink. Rates are of bytes a second and processor time of the node a byte, as ratios to the native
# batch of the same round, medians of the rounds. The last two rows are the native paths of a node without any dialect beside one with all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
rounds=${1:-5} each=${2:-4}
make --no-print-directory build
work=$(mktemp -d)
port=${INGEST_TEST_PORTS_FROM:-16700}
nodes=()
finish() { kill "${nodes[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"; }
trap finish EXIT
start() { # start NAME PORT ARGUMENT...
  artifacts/ingest/ingest serve --data "$work/$1" --intake "http://127.0.0.1:$2" --admin "http://127.0.0.1:$(($2 + 1))" --sink discard \
    --set Drain:BalancerDelay=0s "${@:3}" >"$work/$1.log" 2>&1 &
  nodes+=($!)
  until curl -sf -o /dev/null "http://127.0.0.1:$(($2 + 1))/health/ready"; do
    kill -0 "${nodes[-1]}" || { cat "$work/$1.log"; exit 1; }
    read -rt 0.2 <> <(:) || true
  done
}
start with "$port" --dialect hec,otlp,elastic,segment,loki,datadog,seq,posthog
start without $((port + 10))

python3 - "$work" <<'PY'
import json, struct, sys
work, text = sys.argv[1], "x" * 160
def write(name, content): open(f"{work}/{name}", "wb").write(content)
events = [{"n": n, "text": text, "level": "info"} for n in range(100)]
write("single", json.dumps(events[0]).encode())
write("native", json.dumps(events).encode())
write("hec", "".join(json.dumps({"event": event, "sourcetype": "bench"}) for event in events).encode())
write("bulk", "".join('{"create":{"_index":"bench"}}\n' + json.dumps(event) + "\n" for event in events).encode())
write("segment", json.dumps({"batch": [
    {"type": "track", "event": "bench", "userId": "u", "messageId": f"m-@@@@@@@@-{n}", "properties": event} for n, event in enumerate(events)],
    "sentAt": "2026-11-29T00:00:00Z"}).encode())
# ExportLogsServiceRequest { resource_logs { scope_logs { log_records { body { string_value } } } } }
def field(number, content):
    length, size = len(content), b""
    while length >= 128: size, length = size + bytes([length % 128 + 128]), length // 128
    return bytes([number * 8 + 2]) + size + bytes([length]) + content
records = b"".join(field(2, struct.pack("<BQ", 9, 1795000000000000000) + field(5, field(1, (text + str(n)).encode()))) for n in range(100))
write("otlp", field(1, field(2, records)))
PY

ticks=$(getconf CLK_TCK)
cpu() { awk '{print $14 + $15}' "/proc/$1/stat"; }
run() { # run ROW NODE PORT PATH TYPE BODY [HEADER]
  local before after result
  before=$(cpu "$2")
  result=$(BENCH_PATH=$4 BENCH_TYPE=$5 BENCH_BODY=$work/$6 BENCH_HEADER=${7:-} wrk -t1 -c16 -d"${each}s" -s tests/Ingest.Benchmarks/dialects.lua \
    "http://127.0.0.1:$3" | grep RESULT)
  after=$(cpu "$2")
  echo "$1 $result $(stat -c %s "$work/$6") $(((after - before) * 1000000 / ticks))" >>"$work/results"
}
# The first round warms the nodes up and does not count.
for ((round = 0; round <= rounds; round++)); do
  run native "${nodes[0]}" "$port" /v1/events application/json native
  run otlp "${nodes[0]}" "$port" /v1/logs application/x-protobuf otlp
  run elastic "${nodes[0]}" "$port" /_bulk application/x-ndjson bulk
  run hec "${nodes[0]}" "$port" /services/collector/event application/json hec "Authorization: Splunk bench"
  run segment "${nodes[0]}" "$port" /v1/batch application/json segment
  run batch-without "${nodes[1]}" $((port + 10)) /v1/events application/json native
  run single-with "${nodes[0]}" "$port" /v1/events application/json single
  run single-without "${nodes[1]}" $((port + 10)) /v1/events application/json single
  [[ $round -gt 0 ]] || rm "$work/results"
done
python3 - "$work/results" <<'PY'
import collections, statistics, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    name, _, requests, microseconds, refused, size, cpu = line.split()
    assert int(refused) == 0, f"{name}: {refused} requests were refused"
    sent = int(requests) * int(size)
    rows[name].append((sent / int(microseconds), int(cpu) / sent))
def ratio(name, beside, at): return statistics.median(one[at] / other[at] for one, other in zip(rows[name], rows[beside]))
print("| Path | MB a second | beside the native batch, by byte | processor time a byte beside it |\n|---|---:|---:|---:|")
for name in ("native", "otlp", "elastic", "hec", "segment"):
    print(f"| {name} | {statistics.median(row[0] for row in rows[name]):.0f} | {ratio(name, 'native', 0):.2f} | {ratio(name, 'native', 1):.2f} |")
print("\n| Native path, with all dialects beside without any | rate | processor time |\n|---|---:|---:|")
print(f"| batches of 100 | {ratio('native', 'batch-without', 0):.2f} | {ratio('native', 'batch-without', 1):.2f} |")
print(f"| single events | {ratio('single-with', 'single-without', 0):.2f} | {ratio('single-with', 'single-without', 1):.2f} |")
PY
