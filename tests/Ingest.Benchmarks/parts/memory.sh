#!/usr/bin/env bash
# Peak resident memory (VmHWM) of a fresh node under one load: single events over 64 connections, batches of 100 over 16. The median of the
# rounds, each with a node of its own.
part=memory
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
need wrk wrk
for load in single/64 batch/16; do
  for _ in $(seq "$rounds"); do
    start_ingest --sink discard
    shoot ingest "${load%/*}" "${load#*/}" >/dev/null
    peak_mb ingest >>"$work/${load/\//-}"
    stop ingest
  done
  peak=$(median <"$work/${load/\//-}")
  echo "$load: peak of $peak MB ($(sort -g "$work/${load/\//-}" | tr '\n' ' '))"
  target=89
  [[ $load == single/64 ]] || target=120
  record "$load" "peak MB" "$peak" "<=" "$target"
done
