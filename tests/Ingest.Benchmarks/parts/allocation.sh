#!/usr/bin/env bash
# Bytes allocated a request, by all that a node does, beside what bare Kestrel allocates for the same requests; and what one more event in a
# batch allocates: (bytes of a request of 100 events less that of a request with 10) / 90. What the server allocates in as many seconds
# without a request, and what asking it costs, is taken off.
part=allocation
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
need wrk wrk
start_bare
start_ingest --sink discard
allocated() {
  if [[ $1 == bare ]]; then curl -sf "http://127.0.0.1:${ports[bare]}/allocated"; else metric dotnet_gc_heap_total_allocated_bytes_total; fi
}
idle() { # idle SERVER → bytes allocated in a shot's time without a request
  local before
  before=$(allocated "$1")
  sleep "$seconds"
  awk -v b="$before" -v a="$(allocated "$1")" 'BEGIN {print a - b}'
}
bytes_a_request() { # bytes_a_request SERVER EVENTS CONNECTIONS
  local before shot
  export BENCH_EVENTS=$2 BENCH_BYTES=200
  shoot "$1" events "$3" 2 >/dev/null
  before=$(allocated "$1")
  shot=$(shoot "$1" events "$3")
  awk -v b="$before" -v a="$(allocated "$1")" -v i="${idle[$1]}" -v s="$shot" 'BEGIN {split(s, f); printf "%.1f\n", (a - b - i) / f[3]}'
}
declare -A idle=()
for server in bare ingest; do
  shoot "$server" single 16 4 >/dev/null
  idle[$server]=$(idle "$server")
done
for _ in $(seq "$rounds"); do
  for server in bare ingest; do
    bytes_a_request "$server" 1 64 >>"$work/$server-1"
    bytes_a_request "$server" 10 16 >>"$work/$server-10"
    bytes_a_request "$server" 100 16 >>"$work/$server-100"
  done
done
of() { median <"$work/$1"; }
for events in 1 10 100; do echo "$events events a request: bare $(of bare-$events), ingest $(of ingest-$events) bytes"; done
record single/64 "bytes a request" "$(of ingest-1)"
record single/64 "bytes beyond bare's" "$(awk -v a="$(of ingest-1)" -v b="$(of bare-1)" 'BEGIN {printf "%.0f", a - b}')" "<=" 64
record batch/16 "bytes a request" "$(of ingest-100)"
record batch/16 "bytes an event" "$(awk -v a="$(of ingest-100)" -v b="$(of ingest-10)" 'BEGIN {
  v = (a - b) / 90
  printf "%.2f", (v < 0 ? 0 : v)
}')" "<=" 0.5
