#!/usr/bin/env bash
# An open loop: single events at a fixed rate over 64 connections (BENCH_RATE=20000), a request's time counted from the moment it was
# due, whether or not it could be sent then, so that what a slow answer holds up is not left out (coordinated omission). The median of the
# rounds.
part=open
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
rate=${BENCH_RATE:-20000}
build_open_loop
start_bare
start_ingest --sink discard
for server in bare ingest; do open_loop "$server" "$rate" 64 1 538 4 >/dev/null; done
for _ in $(seq "$rounds"); do
  for server in bare ingest; do
    before=$(ticks "$server")
    shot=$(open_loop "$server" "$rate" 64 1 538 "$seconds")
    per_request "$shot" "$before" "$(ticks "$server")" 1 >>"$work/$server"
  done
done
column() { cut -d' ' -f"$2" "$work/$1" | median; }
printf '%-8s %10s %8s %8s %8s %8s %8s %14s\n' server answers/s "p50 ms" "p99 ms" "p99.9" "max ms" us/req "generator late"
for server in bare ingest; do
  printf '%-8s %10.0f %8.2f %8.2f %8.2f %8.2f %8.1f %11.2f ms\n' "$server" "$(column "$server" 2)" "$(column "$server" 3)" \
    "$(column "$server" 4)" "$(column "$server" 5)" "$(column "$server" 6)" "$(column "$server" 9)" "$(column "$server" 7)"
done
for server in bare ingest; do
  name="bare " targets=("" "" "")
  [[ $server != ingest ]] || { name="" targets=(1 3 8); }
  percentiles=(p50 p99 p99.9)
  for i in 0 1 2; do
    record "open/$rate" "$name${percentiles[$i]} ms" "$(column "$server" $((3 + i)))" ${targets[$i]:+"<="} ${targets[$i]}
  done
  record "open/$rate" "${name}answers/s" "$(column "$server" 2)"
  record "open/$rate" "${name}us/request" "$(column "$server" 9)"
  record "open/$rate" "${name}errors" "$(column "$server" 8)"
done
