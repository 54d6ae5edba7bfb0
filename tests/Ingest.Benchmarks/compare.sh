#!/usr/bin/env bash
# Side by side, in one run, on this machine: ingest (202 after the flush, discard sink) against two handlers that keep nothing: Kestrel
# bare, and Gin. Rounds alternate; the figure is the median of the rounds; the ratios count. Beside ingest's figures stands what the disk did.
# "us/req" is the server's own processor time a request, of all its threads, the median too: the rate depends on what the load generator
# beside it leaves, this does not.
# With "flush" as third argument there is a third one: the bare Kestrel with a shared flush and nothing else, the least a durable 202 costs.
# Usage, from the project's root, after `make build`: tests/Ingest.Benchmarks/compare.sh [rounds] [seconds] [flush]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rounds=${1:-3} seconds=${2:-5}
declare -A ports=([gin]=18081 [bare]=18080 [flush]=18082 [ingest]=18090)
servers=(gin bare ${3:+flush} ingest)
work=$(mktemp -d -p "${BENCH_DIR:-.}" .bench-XXXXXX)
work=$(cd "$work" && pwd)
declare -A pids=()
stop() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT

need() { command -v "$1" >/dev/null || { echo "installing $2"; apt-get install -y -q $2 >/dev/null; }; }
command -v wrk >/dev/null && command -v go >/dev/null || apt-get update -q >/dev/null
need wrk wrk
need go "golang-go golang-github-gin-gonic-gin-dev"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ingest-bench
mkdir -p "$cache"
[[ -x $cache/gin && $cache/gin -nt $here/gin/main.go ]] || (cd "$here/gin" && GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE=$cache/go go build -o "$cache/gin" main.go)
publish() { # name, sources
  [[ -z $(find "${@:2}" -newer "$cache/$1/$1.dll" 2>&1) ]] && return
  build=$(mktemp -d) && cp "${@:2}" "$build" && dotnet publish -c Release -v q -o "$cache/$1" "$build" >/dev/null && rm -rf "$build"
}
publish bare "$here"/kestrel/*
[[ ! ${3:-} ]] || publish flush "$here"/flush/* "$here/../../src/Ingest/Hosting/Lifecycle/SchedulerSlice.cs"
[[ -x artifacts/ingest/ingest ]] || { echo "no artifacts/ingest/ingest: run make build first" >&2; exit 2; }

"$cache/gin" "127.0.0.1:${ports[gin]}" >/dev/null 2>&1 & pids[gin]=$!
"$cache/bare/bare" "http://127.0.0.1:${ports[bare]}" >/dev/null 2>&1 & pids[bare]=$!
[[ ! ${3:-} ]] || { "$cache/flush/flush" "http://127.0.0.1:${ports[flush]}" "$work/flushed" >/dev/null 2>&1 & pids[flush]=$!; }
artifacts/ingest/ingest serve --intake "http://127.0.0.1:${ports[ingest]}" --admin http://127.0.0.1:18091 --data "$work/data" --sink discard >"$work/ingest.log" 2>&1 & pids[ingest]=$!
for _ in $(seq 100); do curl -sf "http://127.0.0.1:${ports[ingest]}/health/ready" >/dev/null && break; sleep 0.1; done
curl -sf "http://127.0.0.1:${ports[ingest]}/health/ready" >/dev/null || { echo "ingest did not get ready"; tail "$work/ingest.log"; exit 2; }

ticks() { awk '{print $14 + $15}' "/proc/${pids[$1]}/stat"; }
shoot() { # name port lua connections → requests per second, p99 in ms, errors, requests
  wrk -t1 -c"$4" -d"${seconds}s" --latency -s "$here/$3.lua" "http://127.0.0.1:$2/v1/events" |
    awk '/Requests\/sec/{r=$2} /^ *99%/{v=$2; u=v; gsub(/[0-9.]/,"",u); gsub(/[a-z]/,"",v); p=(u=="us")?v/1000:(u=="s")?v*1000:v} /Non-2xx/{e=$NF} /Socket errors/{e=e"+"$0} / requests in /{n=$1} END{gsub(/ /,"",e); print r, p, (e==""?0:e), n}'
}
flushes() { # count, seconds, events so far
  curl -sf http://127.0.0.1:18091/metrics | awk '/^ingest_commit_flush_duration_seconds_count/{c=$2} /^ingest_commit_flush_duration_seconds_sum/{s=$2} /^ingest_log_durable_events_total/{e=$2} END{print c, s, e}'
}
median() { sort -g | awk '{a[NR]=$1} END{print a[int((NR+1)/2)]}'; }
for load in "single 64" "single 256" "batch 16"; do
  read -r lua c <<<"$load"
  for s in "${servers[@]}"; do wrk -t1 -c"$c" -d2s -s "$here/$lua.lua" "http://127.0.0.1:${ports[$s]}/v1/events" >/dev/null; done # warm-up
  for _ in $(seq "$rounds"); do
    for s in "${servers[@]}"; do
      [[ $s != ingest ]] || before=$(flushes)
      cpu=$(ticks "$s")
      shoot "$s" "${ports[$s]}" "$lua" "$c" >"$work/shot"
      awk -v t=$(($(ticks "$s") - cpu)) -v hz="$(getconf CLK_TCK)" '{print $0, t/hz*1e6/$4}' "$work/shot" >>"$work/$s-$lua-$c"
    done
    echo "$before $(flushes)" | awk -v s="$seconds" '{n=$4-$1; printf "%.0f %.1f %.0f\n", n/s, ($6-$3)/n, ($5-$2)/n*1e6}' >>"$work/disk-$lua-$c"
  done
done
printf '%-12s %-8s %10s %10s %8s %8s %8s %10s %12s %10s\n' load server req/s "p99 ms" vs-bare vs-gin us/req flushes/s events/flush "flush us"
for load in "single 64" "single 256" "batch 16"; do
  read -r lua c <<<"$load"
  g=$(cut -d' ' -f1 "$work/gin-$lua-$c" | median); b=$(cut -d' ' -f1 "$work/bare-$lua-$c" | median)
  for s in "${servers[@]}"; do
    r=$(cut -d' ' -f1 "$work/$s-$lua-$c" | median); p=$(cut -d' ' -f2 "$work/$s-$lua-$c" | median)
    u=$(cut -d' ' -f5 "$work/$s-$lua-$c" | median)
    e=$(awk '$3!=0{n++} END{print n+0}' "$work/$s-$lua-$c")
    f=""; [[ $s != ingest ]] || f=$(printf '%10s %12s %10s' "$(cut -d' ' -f1 "$work/disk-$lua-$c" | median)" "$(cut -d' ' -f2 "$work/disk-$lua-$c" | median)" "$(cut -d' ' -f3 "$work/disk-$lua-$c" | median)")
    awk -v l="$lua/$c" -v s=$s -v r=$r -v p=$p -v b=$b -v g=$g -v e=$e -v u=$u -v f="$f" 'BEGIN{printf "%-12s %-8s %10.0f %10.2f %8.2f %8.2f %8.1f %s%s\n", l, s, r, p, r/b, r/g, u, f, (e>0?"  ERRORS in "e" rounds":"")}'
  done
done
grep -E 'VmHWM' "/proc/${pids[ingest]}/status" | awk '{printf "ingest peak resident memory: %.0f MB\n", $2/1024}'
