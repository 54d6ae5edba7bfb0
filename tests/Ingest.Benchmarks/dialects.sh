#!/usr/bin/env bash
# Dialects beside the native batch path, by bytes of body, in one run: tests/Ingest.Benchmarks/dialects.sh [ROUNDS=5] [SECONDS_EACH=4]
# Bodies of 100 events, 16 connections, discard sink. Rates are of bytes a second and processor time of the node a byte, as ratios to a native
# batch just before, medians of the rounds. The last two rows are the native paths of a node with all dialects beside one without any.
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
# A node for each row, so that no row pays for what another has left in memory, in the log or in the page cache.
rows=(native native-without single single-without otlp elastic hec segment)
for i in "${!rows[@]}"; do
  dialects=(--dialect hec,otlp,elastic,segment,loki,datadog,seq,posthog)
  [[ ${rows[$i]} != *-without ]] || dialects=()
  start "${rows[$i]}" $((port + (10 * i))) "${dialects[@]}"
done

python3 - "$work" <<'PY'
import json, struct, sys
work, text = sys.argv[1], "x" * 160
def write(name, content): open(f"{work}/body-{name}", "wb").write(content)
events = [{"n": n, "text": text, "level": "info"} for n in range(100)]
write("single", json.dumps(events[0]).encode())
write("native", json.dumps(events).encode())
write("hec", "".join(json.dumps({"event": event, "sourcetype": "bench"}) for event in events).encode())
write("bulk", "".join('{"create":{"_index":"bench"}}\n' + json.dumps(event) + "\n" for event in events).encode())
write("segment", json.dumps({"batch": [
    {"type": "track", "event": "bench", "userId": "u", "messageId": f"m-{'@' * 8 if n == 0 else '0' * 8}-{n}", "properties": event} for n, event in enumerate(events)],
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
run() { # run INDEX PATH TYPE BODY [HEADER]
  local before after result node=${nodes[$1]}
  before=$(cpu "$node")
  result=$(BENCH_PATH=$2 BENCH_TYPE=$3 BENCH_BODY=$work/body-$4 BENCH_HEADER=${5:-} wrk -t1 -c16 -d"${each}s" \
    -s tests/Ingest.Benchmarks/dialects.lua "http://127.0.0.1:$((port + (10 * $1)))" | grep RESULT)
  after=$(cpu "$node")
  echo "${rows[$1]} $result $(stat -c %s "$work/body-$4") $(((after - before) * 1000000 / ticks))" >>"$work/results"
}
native() { run 0 /v1/events application/json native; }
# Each row has a measurement beside it that it is compared with, so that what others do on the machine at that time concerns both. The first two
# rounds warm the nodes up and do not count.
for ((round = -1; round <= rounds; round++)); do
  native && run 1 /v1/events application/json native
  run 2 /v1/events application/json single && run 3 /v1/events application/json single
  native && run 4 /v1/logs application/x-protobuf otlp
  native && run 5 /_bulk application/x-ndjson bulk
  native && run 6 /services/collector/event application/json hec "Authorization: Splunk bench"
  native && run 7 /v1/batch application/json segment
  [[ $round -gt 0 ]] || rm "$work/results"
done
python3 - "$work/results" <<'PY'
import collections, statistics, sys
pairs, before = collections.defaultdict(list), None
for line in open(sys.argv[1]):
    name, _, requests, microseconds, refused, size, cpu = line.split()
    assert int(refused) == 0, f"{name}: {refused} requests were refused"
    sent = int(requests) * int(size)
    row = (sent / int(microseconds), int(cpu) / sent)
    if before:
        pairs[name].append((before, row))
        before = None
    else:
        before = row
def median(name, of): return statistics.median(of(*pair) for pair in pairs[name])
print("| Path | MB a second | beside the native batch, by byte | processor time a byte beside it |\n|---|---:|---:|---:|")
for name in ("otlp", "elastic", "hec", "segment"):
    print(f"| {name} | {median(name, lambda _, row: row[0]):.0f} | {median(name, lambda native, row: row[0] / native[0]):.2f} "
          f"| {median(name, lambda native, row: row[1] / native[1]):.2f} |")
print("\n| Native path, with all dialects beside without any | rate | processor time |\n|---|---:|---:|")
for name, label in (("native-without", "batches of 100"), ("single-without", "single events")):
    print(f"| {label} | {median(name, lambda given, row: given[0] / row[0]):.2f} | {median(name, lambda given, row: given[1] / row[1]):.2f} |")
PY
