#!/usr/bin/env bash
# Intake and delivery to Kafka together: batches of 100 events of 200 bytes, due at a fixed rate (BENCH_KAFKA_RATE=150000 events a second)
# for BENCH_KAFKA_SECONDS (30; the target says 300), beside librdkafka's mock cluster in a process of its own. Memory and lag are asked each
# second: flat is what is no more in the last third than in the one before, but for a tenth, or a second's events.
# Then a backlog beside a bare produce loop, as `make bench-kafka` has it (BENCH_KAFKA_EVENTS=500000).
part=kafka
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
rate=${BENCH_KAFKA_RATE:-150000} time=${BENCH_KAFKA_SECONDS:-30} events=${BENCH_KAFKA_EVENTS:-500000}
build_open_loop
start_cluster
start_ingest --sink kafka --set "Sinks:Kafka:BootstrapServers=$cluster"
open_loop ingest $((rate / 100)) 16 100 200 4 >/dev/null

open_loop ingest $((rate / 100)) 16 100 200 "$time" >"$work/shot" & generator=$!
before=$(ticks ingest)
python3 - "${ports[admin]}" "${pids[ingest]}" "$time" "$rate" >"$work/flat" <<'PY'
import json, statistics, sys, time, urllib.request
port, pid, seconds, rate = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
samples = []
began = time.monotonic()
while time.monotonic() - began < seconds:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/status") as page:
        lane = json.load(page)["lanes"][0]
    resident = next(int(line.split()[1]) / 1024 for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))
    samples.append((time.monotonic() - began, lane["sum"]["delivered"], lane["sum"]["pending"], resident))
    time.sleep(max(0, began + len(samples) * 1.0 - time.monotonic()))
third = max(1, len(samples) // 3)
middle, last = samples[-2 * third:-third] or samples, samples[-third:]
delivered = (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])
lag = [max(sample[2] for sample in part) for part in (middle, last)]
memory = [statistics.median(sample[3] for sample in part) for part in (middle, last)]
print(f"{delivered:.0f} {lag[0]:.0f} {lag[1]:.0f} {memory[0]:.0f} {memory[1]:.0f} "
      f"{int(lag[1] <= max(lag[0] * 1.1, rate))} {int(memory[1] <= memory[0] * 1.1)}")
PY
wait "$generator"
cpu=$(($(ticks ingest) - before))
read -r delivered lag_before lag memory_before memory flat_lag flat_memory <"$work/flat"
read -r _ answers p50 p99 most _ late errors <"$work/shot"
taken=$((answers * 100)) least=$((rate * 99 / 100))
echo "taken $taken events/s, p50 $p50 ms, p99 $p99 ms, p99.9 $most ms, $errors errors; generator late by $late ms"
echo "delivered $delivered events/s; most pending $lag_before, then $lag; resident $memory_before MB, then $memory"
record kafka "taken events/s" "$taken" ">=" "$least"
record kafka "delivered events/s" "$delivered" ">=" "$least"
record kafka "lag flat" "$flat_lag" ">=" 1
record kafka "memory flat" "$flat_memory" ">=" 1
record kafka "resident MB" "$memory"
record kafka "pending events" "$lag"
record kafka "us/event" "$(per_request $((delivered * time)) 0 "$cpu" 1 | cut -d' ' -f2)"
stop ingest
stop_cluster

dotnet build tests/Ingest.Kafka.Tests -c Release --nologo -v quiet
INGEST_BENCH_EVENTS=$events INGEST_BENCH_ROUNDS=$rounds artifacts/bin/Ingest.Kafka.Tests/release/Ingest.Kafka.Tests -noLogo -noColor \
  -explicit only -showLiveOutput -method "*.SpeedTests.A_backlog_is_delivered_nearly_as_fast_as_a_bare_produce_loop_sends" 2>"$work/said" |
  sed -nE 's/^.*\[OUTPUT\] //p; /\[FAIL\]/,$p' | tee "$work/backlog"
read -r bare headers < <(sed -nE 's/^ *median: lane\/bare ([0-9.]+), with the same headers ([0-9.]+)/\1 \2/p' "$work/backlog")
record backlog "of a loop without headers" "$bare" ">=" .85
record backlog "of a loop with the same" "$headers" ">=" .95
