#!/usr/bin/env bash
# As fast as answers come: one event a request over 64 and 256 connections, batches of 100 over 16, each server in turn in every round. The
# figure is the median of the rounds. BENCH_FLUSH=1: a bare server with a shared flush beside them, the least a durable 202 costs.
part=${part:-closed}
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
need wrk wrk
servers=(gin bare ${BENCH_FLUSH:+flush} ingest)
for server in "${servers[@]}"; do
  if [[ $server == ingest ]]; then start_ingest --sink discard; else "start_$server"; fi
done
# Rate of bare, rate of gin, processor time of bare's, p99 of bare's.
declare -A targets=([single/64]=".88 1.4 1.15 1.4" [single/256]=".95 1.6 1.05 -" [batch/16]=".80 3.0 1.1 -")

flushes() { # count, seconds, events so far
  admin /metrics | awk '/^ingest_commit_flush_duration_seconds_count/ {c = $2} /^ingest_commit_flush_duration_seconds_sum/ {s = $2}
    /^ingest_log_durable_events_total/ {e = $2} END {print c, s, e}'
}
neighbour() { # starts what else the processors have to do, where this is the part beside a busy neighbour
  [[ $part == busy ]] || return 0
  need stress-ng stress-ng
  nice -n 0 stress-ng --cpu 1 --cpu-method matrixprod --quiet & pids[neighbour]=$!
}
column() { cut -d' ' -f"$3" "$work/$1-${2/\//-}" | median; }
printf '%-12s %-8s %10s %10s %8s %8s %8s %10s %12s %9s\n' load server req/s "p99 ms" vs-bare vs-gin us/req flushes/s events/flush "flush us"
for load in ${BENCH_LOADS:-single/64 single/256 batch/16}; do
  lua=${load%/*} c=${load#*/}
  for server in "${servers[@]}"; do shoot "$server" "$lua" "$c" "${WARMUP_SECONDS:-4}" >/dev/null; done
  neighbour
  for _ in $(seq "$rounds"); do
    for server in "${servers[@]}"; do
      [[ $server != ingest ]] || before=$(flushes)
      measure "$server" "$lua" "$c" >>"$work/$server-${load/\//-}"
    done
    echo "$before $(flushes)" | awk -v s="$seconds" '{n = $4 - $1} n > 0 {
      printf "%.0f %.1f %.0f\n", n / s, ($6 - $3) / n, ($5 - $2) / n * 1e6}' >>"$work/disk-${load/\//-}"
  done
  [[ ! ${pids[neighbour]:-} ]] || stop neighbour
  for server in "${servers[@]}"; do
    rate=$(column "$server" "$load" 1) p99=$(column "$server" "$load" 2) cpu=$(column "$server" "$load" 5)
    errors=$(awk '$4 > 0 {n++} END {print n + 0}' "$work/$server-${load/\//-}")
    disk="" said=""
    if [[ $server == ingest ]]; then
      disk=$(printf '%10s %12s %9s' "$(column disk "$load" 1)" "$(column disk "$load" 2)" "$(column disk "$load" 3)")
    fi
    [[ $errors -eq 0 ]] || said="  ERRORS in $errors rounds"
    printf '%-12s %-8s %10.0f %10.2f %8.2f %8.2f %8.1f %s%s\n' "$load" "$server" "$rate" "$p99" \
      "$(ratio "$rate" "$(column bare "$load" 1)")" "$(ratio "$rate" "$(column gin "$load" 1)")" "$cpu" "$disk" "$said"
    record "$load" "$server req/s" "$rate"
    record "$load" "$server p99 ms" "$p99"
    record "$load" "$server us/request" "$cpu"
  done
  read -r of_bare of_gin time p99 <<<"${targets[$load]}"
  if [[ $part == busy ]]; then
    record "$load" "processor time of bare's" "$(ratio "$(column ingest "$load" 5)" "$(column bare "$load" 5)")" "<=" 1.3
    continue
  fi
  record "$load" "rate of bare" "$(ratio "$(column ingest "$load" 1)" "$(column bare "$load" 1)")" ">=" "$of_bare"
  record "$load" "rate of gin" "$(ratio "$(column ingest "$load" 1)" "$(column gin "$load" 1)")" ">=" "$of_gin"
  record "$load" "processor time of bare's" "$(ratio "$(column ingest "$load" 5)" "$(column bare "$load" 5)")" "<=" "$time"
  [[ $p99 == - ]] || record "$load" "p99 of bare's" "$(ratio "$(column ingest "$load" 2)" "$(column bare "$load" 2)")" "<=" "$p99"
done
