#!/usr/bin/env bash
# Where the processor time of a request goes, beside a bare server and one that only flushes: tests/Ingest.Benchmarks/profile.sh [LOAD...],
# loads single/64 single/256 batch/16 http2/100 kafka (all of them). Each server is alone with its load; SECONDS_EACH of samples, by perf.
# kafka: a backlog of as many batches as 10 s take, delivered again to the mock cluster; the node's time an event by thread.
part=profile
source "$(dirname "${BASH_SOURCE[0]}")/servers.sh"
need wrk wrk
need h2load nghttp2-client
need perf linux-perf
export DOTNET_PerfMapEnabled=1 DOTNET_ReadyToRun=0 DOTNET_EnableWriteXorExecute=0
h2_body

start() { # start SERVER LOAD
  local version=()
  if [[ $2 == http2/* && $1 == ingest ]]; then version=(--set Listen:Protocols=Http2); elif [[ $2 == http2/* ]]; then version=(http2); fi
  [[ $1 != ingest ]] || version=(--sink discard "${version[@]}")
  "start_$1" "${version[@]}"
}
load() { # load SERVER LOAD SECONDS → requests/s, p99 or mean in ms, requests, errors
  if [[ $2 == http2/* ]]; then
    shoot_h2 "$1" 1 "${2#*/}" "$3"
  else
    shoot "$1" "${2%/*}" "${2#*/}" "$3"
  fi
}
record_while() { # record_while SERVER SECONDS: its samples, in $work/script
  perf record -q -F 997 -e cpu-clock -g -p "${pids[$1]}" -o "$work/perf" -- sleep "$2" >/dev/null 2>&1
  perf script -i "$work/perf" -F comm,ip,sym,dso 2>/dev/null >"$work/script"
}
kafka() {
  local before settled
  start_cluster >/dev/null
  start_ingest --sink kafka --set "Sinks:Kafka:BootstrapServers=$cluster" --set Wal:Retention=1h
  shoot ingest batch 16 10 >/dev/null
  until [[ $(metric ingest_lane_lag_events) == 0.000000 ]]; do sleep 0.2; done
  before=$(ticks ingest)
  artifacts/ingest/ingest lanes rewind kafka --to 1 --yes --admin "http://127.0.0.1:${ports[admin]}" >/dev/null
  settled=$(metric ingest_lane_lag_events)
  record_while ingest "$seconds"
  settled=$(awk -v a="$settled" -v b="$(metric ingest_lane_lag_events)" 'BEGIN {print a - b}')
  ((${settled%.*} > 0)) || { echo "nothing was delivered again" >&2; exit 1; }
  python3 "$here/profile.py" threads "$work/script" "$settled" "$(($(ticks ingest) - before))" "$(getconf CLK_TCK)"
  stop ingest
  stop_cluster
}
loads=("$@")
((${#loads[@]})) || loads=(single/64 single/256 batch/16 http2/100 kafka)
for load in "${loads[@]}"; do
  if [[ $load == kafka ]]; then kafka; continue; fi
  tables=()
  for server in bare flush ingest; do
    start "$server" "$load"
    load "$server" "$load" "${WARMUP_SECONDS:-6}" >/dev/null
    before=$(ticks "$server")
    load "$server" "$load" "$((seconds + 2))" >"$work/shot" & shooting=$!
    # The samples begin and end within the load.
    sleep 1
    record_while "$server" "$seconds"
    wait "$shooting"
    read -r rate _ _ errors cpu <<<"$(per_request "$(cat "$work/shot")" "$before" "$(ticks "$server")" 3)"
    [[ $errors == 0 ]] || { echo "$load: $server gave $errors errors" >&2; exit 1; }
    tables+=("$server" "$rate" "$cpu" "$work/$server.shares")
    python3 "$here/profile.py" shares "$work/script" >"$work/$server.shares"
    [[ ! ${PROFILE_KEEP:-} ]] || cp "$work/script" "artifacts/profile-${load/\//-}-$server.txt"
    stop "$server"
  done
  python3 "$here/profile.py" table "$load" "${tables[@]}"
done
