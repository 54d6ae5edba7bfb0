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
printf '{"id":"evt-0123456789","type":"order.created","note":"%0480d"}' 0 >"$work/body"

start() { # start SERVER LOAD
  local http2=${2%%/*}
  case $1 in
    ingest) if [[ $http2 == http2 ]]; then start_ingest --sink discard --set Listen:Protocols=Http2; else start_ingest --sink discard; fi ;;
    flush) if [[ $http2 == http2 ]]; then start_flush http2; else start_flush; fi ;;
    bare) if [[ $http2 == http2 ]]; then start_bare http2; else start_bare; fi ;;
  esac
}
load() { # load SERVER LOAD SECONDS → requests/s, p99 or mean in ms, requests, errors
  if [[ $2 == http2/* ]]; then
    h2load -t1 -c1 -m"${2#*/}" -D"$3" -d "$work/body" -H 'content-type: application/json' "http://127.0.0.1:${ports[$1]}/v1/events" |
      awk "$as_ms"'/^finished in/ {r = $4} /^time for request:/ {m = ms($6)} /^status codes:/ {n = $3; e = $5 + $7 + $9}
        END {print r, m, n, e + 0}'
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
  tests/tools.sh
  dotnet build tests/Ingest.MockCluster -c Release --nologo -v quiet >/dev/null
  mkfifo "$work/commands"
  artifacts/bin/Ingest.MockCluster/release/Ingest.MockCluster 1 <"$work/commands" >"$work/cluster" 2>"$work/cluster.log" & pids[cluster]=$!
  exec 8>"$work/commands"
  until grep -q listening "$work/cluster"; do kill -0 "${pids[cluster]}" && sleep 0.1; done
  start_ingest --sink kafka --set "Sinks:Kafka:BootstrapServers=$(awk '/listening/ {print $2; exit}' "$work/cluster")" --set Wal:Retention=1h
  shoot ingest batch 16 10 >/dev/null
  until [[ $(metric ingest_lane_lag_events) == 0.000000 ]]; do sleep 0.2; done
  before=$(ticks ingest)
  artifacts/ingest/ingest lanes rewind kafka --to 1 --yes --admin "http://127.0.0.1:${ports[admin]}" >/dev/null
  settled=$(metric ingest_lane_lag_events)
  record_while ingest "$seconds"
  settled=$(awk -v a="$settled" -v b="$(metric ingest_lane_lag_events)" 'BEGIN {print a - b}')
  ((${settled%.*} > 0)) || { echo "nothing was delivered again" >&2; exit 1; }
  python3 "$here/profile.py" threads "$work/script" "$settled" "$(($(ticks ingest) - before))" "$(getconf CLK_TCK)"
  exec 8>&-
  stop ingest cluster
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
