#!/usr/bin/env bash
# How rate, p99 and processor time go with one quantity, the others fixed: connections, bytes of an event, keys, sinks. One short point each
# (POINT_SECONDS=2, in a node of its own for each curve), the median of the rounds; charts.py draws them. BENCH_CURVES chooses.
part=growth
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
need wrk wrk
point=${POINT_SECONDS:-2}
point() { # point CURVE X CONNECTIONS
  local curve=$1 x=$2
  shoot ingest events "$3" 1 >/dev/null
  for _ in $(seq "$rounds"); do measure ingest events "$3" "$point" >>"$work/$curve-$x"; done
  column() { cut -d' ' -f"$1" "$work/$curve-$x" | median; }
  printf '%-12s %8s %10.0f %9.2f %8.1f %6s\n' "$curve" "$x" "$(column 1)" "$(column 2)" "$(column 5)" "$(column 4)"
  record "$curve/$x" req/s "$(column 1)"
  record "$curve/$x" "p99 ms" "$(column 2)"
  record "$curve/$x" us/request "$(column 5)"
}
printf '%-12s %8s %10s %9s %8s %6s\n' curve x req/s "p99 ms" us/req errors
for curve in ${BENCH_CURVES:-connections bytes keys sinks}; do
  export BENCH_EVENTS=1 BENCH_BYTES=200 BENCH_KEYS=0
  case $curve in
    connections)
      start_ingest --sink discard
      for x in 1 4 16 64 256 1024; do point "$curve" $x $x; done ;;
    bytes)
      start_ingest --sink discard --set Intake:EventBytesMax=2MiB
      for x in 100 1000 10000 100000 1000000; do BENCH_BYTES=$x point "$curve" $x 16; done ;;
    keys)
      start_ingest --sink file
      for x in 1 10 100 1000 10000; do BENCH_KEYS=$x point "$curve" $x 64; done ;;
    sinks)
      for x in 1 2 4 8; do
        sinks=()
        for ((i = 1; i <= x; i++)); do sinks+=(--set "Sinks:d$i:Kind=discard"); done
        start_ingest --set "Deliver=$(seq -s, -f d%g "$x")" "${sinks[@]}"
        point "$curve" $x 64
        stop ingest
      done ;;
  esac
  [[ ! ${pids[ingest]:-} ]] || stop ingest
done
