# What every part of `make bench` shares: the servers, a generator's shot at them, and the rows that a part records. Sourced by parts/*.sh.
# shellcheck shell=bash
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-5}
base=${INGEST_TEST_PORTS_FROM:-18080}
rows=${BENCH_ROWS:-/dev/stdout}
# shellcheck disable=SC2034 # admin is read by the parts.
declare -A ports=([bare]=$base [gin]=$((base + 1)) [flush]=$((base + 2)) [ingest]=$((base + 10))) pids=()
work=$(mktemp -d -p "${BENCH_DIR:-.}" .bench-XXXXXX)
work=$(cd "$work" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ingest-bench
mkdir -p "$cache"

stop() { # stop [NAME...]: all of them, unless named
  local name names=("$@")
  (($#)) || names=("${!pids[@]}")
  for name in "${names[@]}"; do kill "${pids[$name]}" 2>/dev/null || true; done
  for name in "${names[@]}"; do wait "${pids[$name]}" 2>/dev/null || true; unset "pids[$name]"; done
}
leave() { stop; rm -rf "$work"; }
trap leave EXIT

need() { # need COMMAND DEBIAN-PACKAGE...
  local command=$1
  shift
  command -v "$command" >/dev/null || [[ -x /usr/sbin/$command ]] && return
  echo "installing $*" >&2
  apt-get update -qq >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
publish() { # publish NAME SOURCE...: a small server of this folder, made anew where a source is newer
  local name=$1 build
  shift
  [[ -n $(find "$@" -newer "$cache/$name/$name.dll" 2>&1) ]] || return 0
  build=$(mktemp -d)
  cp "$@" "$build" && dotnet publish -c Release -v q -o "$cache/$name" "$build" >/dev/null && rm -rf "$build"
}

await() { # await NAME PATH: until it answers; what it said where it does not
  for _ in $(seq 200); do
    ! curl -sf -o /dev/null --max-time 1 "${@:3}" "http://127.0.0.1:${ports[$1]}$2" || return 0
    kill -0 "${pids[$1]}" 2>/dev/null || break
    sleep 0.05
  done
  echo "$1 did not get ready" >&2
  tail -5 "$work/$1.log" >&2
  return 1
}
start_bare() { # start_bare [http2]
  publish bare "$here"/kestrel/*
  "$cache/bare/bare" "http://127.0.0.1:${ports[bare]}" "$@" >"$work/bare.log" 2>&1 & pids[bare]=$!
  await bare /allocated ${1:+--http2-prior-knowledge}
}
start_gin() {
  need go golang-go golang-github-gin-gonic-gin-dev
  [[ -x $cache/gin && $cache/gin -nt $here/gin/main.go ]] || go_build gin "$here/gin/main.go"
  "$cache/gin" "127.0.0.1:${ports[gin]}" >"$work/gin.log" 2>&1 & pids[gin]=$!
  for _ in $(seq 100); do (: <"/dev/tcp/127.0.0.1/${ports[gin]}") 2>/dev/null && return; sleep 0.05; done
  return 1
}
go_build() { GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE=$cache/go go build -o "$cache/$1" "$2"; }
start_flush() { # start_flush [http2]
  publish flush "$here"/flush/* src/Ingest/Hosting/Lifecycle/SchedulerSlice.cs
  "$cache/flush/flush" "http://127.0.0.1:${ports[flush]}" "$work/flushed" "$@" >"$work/flush.log" 2>&1 & pids[flush]=$!
  for _ in $(seq 100); do (: <"/dev/tcp/127.0.0.1/${ports[flush]}") 2>/dev/null && return; sleep 0.05; done
  return 1
}
start_ingest() { # start_ingest ARGUMENT...: with its data in a directory of its own, DATA where that is set
  [[ -x artifacts/ingest/ingest ]] || { echo "no artifacts/ingest/ingest: run make build first" >&2; exit 2; }
  [[ ${DATA:-} ]] || rm -rf "$work/data"
  artifacts/ingest/ingest serve --intake "http://127.0.0.1:${ports[ingest]}" --admin "http://127.0.0.1:$((ports[ingest] + 1))" \
    --data "${DATA:-$work/data}" --set Drain:BalancerDelay=0 "$@" >"$work/ingest.log" 2>&1 & pids[ingest]=$!
  ports[admin]=$((ports[ingest] + 1)) pids[admin]=${pids[ingest]}
  await admin /health/ready
  unset "pids[admin]"
}
admin() { curl -sf "http://127.0.0.1:${ports[admin]}$1" "${@:2}"; }
metric() { admin /metrics | awk -v name="$1" '$1 ~ "^" name "({|$)" {sum += $2} END {printf "%.6f\n", sum}'; }

ticks() { awk '{print $14 + $15}' "/proc/${pids[$1]}/stat"; }
peak_mb() { awk '/VmHWM/ {printf "%.0f\n", $2 / 1024}' "/proc/${pids[$1]}/status"; }
median() { sort -g | awk '{a[NR] = $1} END {print (NR % 2) ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2}'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.3f\n", (b > 0 ? a / b : 0)}'; }
# For awk: a time as wrk and h2load print it, in milliseconds.
as_ms='function ms(v, u) { u = v; gsub(/[0-9.]/, "", u); gsub(/[a-z]/, "", v); return u == "us" ? v / 1000 : u == "s" ? v * 1000 : v }'
wrk_at() { # wrk_at CONNECTIONS LUA URL SECONDS → requests/s, p99 in ms, requests, errors
  wrk -t1 -c"$1" -d"$4s" --latency -s "$2" "$3" | awk "$as_ms"'
    /Requests\/sec/ {r = $2} /^ *99%/ {p = ms($2)} / requests in / {n = $1} /Non-2xx/ {e += $NF} /Socket errors/ {e += $4 + $6 + $8 + $10}
    END {print r, p, n, e + 0}'
}
shoot() { # shoot SERVER LUA CONNECTIONS [SECONDS] → as wrk_at
  wrk_at "$3" "$here/$2.lua" "http://127.0.0.1:${ports[$1]}/v1/events" "${4:-$seconds}"
}
per_request() { # per_request SHOT TICKS-BEFORE TICKS-AFTER FIELD → the shot, and µs of processor time a request; FIELD has their number
  awk -v s="$1" -v t=$(($3 - $2)) -v f="$4" -v hz="$(getconf CLK_TCK)" 'BEGIN {split(s, a); print s, (a[f] > 0 ? t / hz * 1e6 / a[f] : 0)}'
}
h2_body() { printf '{"id":"evt-0123456789","type":"order.created","note":"%0480d"}' 0 >"$work/body"; }
shoot_h2() { # shoot_h2 SERVER CONNECTIONS STREAMS SECONDS → requests/s, mean in ms, requests, errors; of the body that h2_body wrote
  h2load -t1 -c"$2" -m"$3" -D"$4" -d "$work/body" -H 'content-type: application/json' "http://127.0.0.1:${ports[$1]}/v1/events" |
    awk "$as_ms"'/^finished in/ {r = $4} /^time for request:/ {m = ms($6)} /^status codes:/ {n = $3; e = $5 + $7 + $9}
      END {print r, m, n, e + 0}'
}
measure() { # measure SERVER LUA CONNECTIONS [SECONDS] → as shoot, and the server's own processor time a request in µs
  local before shot
  before=$(ticks "$1")
  shot=$(shoot "$@")
  per_request "$shot" "$before" "$(ticks "$1")" 3
}
record() { # record ROW METRIC VALUE [OPERATOR TARGET]: report.py compares, prints and keeps it
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "${part:?}" "$1" "$2" "$3" "${4:-}" "${5:-}" >>"$rows"
}

start_cluster() { # librdkafka's mock cluster in a process of its own, which stop_cluster ends; its address is in $cluster
  tests/tools.sh
  dotnet build tests/Ingest.MockCluster -c Release --nologo -v quiet
  mkfifo "$work/commands"
  artifacts/bin/Ingest.MockCluster/release/Ingest.MockCluster 1 <"$work/commands" >"$work/cluster" 2>"$work/cluster.log" & pids[cluster]=$!
  exec 8>"$work/commands"
  until grep -q listening "$work/cluster"; do kill -0 "${pids[cluster]}" && sleep 0.1; done
  # shellcheck disable=SC2034 # Read by the parts.
  cluster=$(awk '/listening/ {print $2; exit}' "$work/cluster")
}
stop_cluster() { exec 8>&-; stop cluster; }

build_open_loop() {
  need cc gcc libc6-dev
  [[ -x $cache/openloop && $cache/openloop -nt $here/openloop/openloop.c ]] || cc -O2 -Wall -o "$cache/openloop" "$here/openloop/openloop.c"
}
# open_loop SERVER RATE CONNECTIONS EVENTS BYTES SECONDS → requests due, answers/s, p50, p99, p99.9, max in ms, p99 of the generator's own
# lateness in ms, errors
open_loop() { "$cache/openloop" "${ports[$1]}" "${@:2}"; }
