#!/usr/bin/env bash
# HTTP/2 in clear text, one connection with 100 streams (BENCH_H2_CONNECTIONS=1), single events: h2load, each server in turn in every round.
# BENCH_FLUSH=1: a bare server with a shared flush beside them, the least a durable 202 costs.
part=http2
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
need h2load nghttp2-client
connections=${BENCH_H2_CONNECTIONS:-1}
h2_body
servers=(bare ${BENCH_FLUSH:+flush} ingest)
start_bare http2
[[ ! ${BENCH_FLUSH:-} ]] || start_flush http2
start_ingest --sink discard --set Listen:Protocols=Http2
load() { shoot_h2 "$1" "$connections" 100 "$2"; } # load SERVER SECONDS → as shoot_h2
for server in "${servers[@]}"; do load "$server" 4 >/dev/null; done
for _ in $(seq "$rounds"); do
  for server in "${servers[@]}"; do
    before=$(ticks "$server")
    shot=$(load "$server" "$seconds")
    per_request "$shot" "$before" "$(ticks "$server")" 3 >>"$work/$server"
  done
done
column() { cut -d' ' -f"$2" "$work/$1" | median; }
printf '%-8s %10s %8s %8s\n' server req/s "mean ms" us/req
for server in "${servers[@]}"; do
  printf '%-8s %10.0f %8.2f %8.1f\n' "$server" "$(column "$server" 1)" "$(column "$server" 2)" "$(column "$server" 5)"
  record "http2/100" "$server req/s" "$(column "$server" 1)"
  record "http2/100" "$server us/request" "$(column "$server" 5)"
done
record "http2/100" "rate of bare" "$(ratio "$(column ingest 1)" "$(column bare 1)")" ">=" .9
