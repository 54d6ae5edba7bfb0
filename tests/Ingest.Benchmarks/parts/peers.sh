#!/usr/bin/env bash
# Durable servers of other kinds beside Ingest, each with its own way in and its most durable setting: the same event of 200 bytes, 64
# connections with one request each, 16 for batches of 100. One server at a time on a fresh directory, all of them in each round; the median
# of the rounds. Processor time is that of the server with all its processes, an event. BENCH_PEERS chooses rows.
part=peers
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
need wrk wrk
need go golang-go
need webdis webdis
need redis-server redis-server
need nats-server nats-server
need rabbitmq-server rabbitmq-server
[[ -d /usr/lib/postgresql ]] || need postgres postgresql
gocode=/usr/share/gocode/src/github.com
[[ -d $gocode/nats-io/nats.go && -d $gocode/rabbitmq/amqp091-go && -d $gocode/lib/pq ]] ||
  need no-such-command golang-github-nats-io-go-nats-dev golang-github-rabbitmq-amqp091-go-dev golang-github-lib-pq-dev
[[ -x $cache/peers && $cache/peers -nt $here/peers/main.go ]] || go_build peers "$here/peers/main.go"
postgres=$(dirname "$(ls /usr/lib/postgresql/*/bin/postgres | tail -1)")
port=$((base + 20))
chmod 755 "$work"
trap "ended; leave" EXIT
event=$(printf '{"id":"evt-0123456789","type":"order.created","note":"%0143d"}' 0)
printf '%s' "$event" >"$work/event"

declare -A settings=([ingest]="default" [ingest-batch]="default, 100 events a request" [webdis]="XADD, appendfsync always"
  [postgresql]="synchronous_commit=on, one INSERT a transaction" [postgresql-copy]="synchronous_commit=on, COPY of 100 rows"
  [rabbitmq-stream]="NOT DURABLE: confirms, but streams are not flushed" [rabbitmq-quorum]="confirms after a flush, quorum queue")

# A server that refuses to be root runs as NAME; all of them end with this script.
serve() { # serve [-u ACCOUNT] COMMAND...
  local as=()
  [[ $1 != -u ]] || { as=(--reuid="$2" --regid="$2" --clear-groups); shift 2; }
  setpriv "${as[@]}" --pdeathsig TERM "$@" >>"$work/server.log" 2>&1 &
  server=$!
}
open() { # open [PORT]: until it takes connections
  for _ in $(seq 300); do (: <"/dev/tcp/127.0.0.1/${1:-$port}") 2>/dev/null && return; sleep 0.1; done
  tail "$work/server.log" >&2
  return 1
}
family() { # all processes below one, itself among them
  local child
  echo "$1"
  for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do family "$child"; done
}
family_ticks() { # of all processes below some, and of those they have had
  for pid in $(for root in "$@"; do family "$root"; done); do
    awk '{print $14 + $15 + $16 + $17}' "/proc/$pid/stat" 2>/dev/null || true
  done | awk '{s += $1} END {print s}'
}
measured() { # measured ROW EVENTS-A-REQUEST COMMAND...: the command prints requests/s, p99 in ms, requests, errors
  local row=$1 events=$2 before shot
  shift 2
  "$@" 2 >/dev/null
  before=$(family_ticks "$server" ${behind:+"$behind"})
  shot=$("$@" "$seconds")
  awk -v s="$shot" -v n="$events" -v t=$(($(family_ticks "$server" ${behind:+"$behind"}) - before)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN {split(s, f); print f[1] * n, f[2], (f[3] > 0 ? t / hz * 1e6 / (f[3] * n) : 0), f[4]}' >>"$work/row-$row"
}
ended() { # the server and what it started are gone, and its data
  # shellcheck disable=SC2046 # One number a word.
  kill $(for root in "${server:-}" "${behind:-}"; do [[ ! $root ]] || family "$root"; done) 2>/dev/null || true
  wait "${server:-}" "${behind:-}" 2>/dev/null || true
  server="" behind=""
  rm -rf "$work/store"
}

program() { "$cache/peers" "$@" <"$work/event"; }
inserts() { # one INSERT a transaction, by pgbench; its log has each one's time
  (cd "$work" && rm -f insert.log.* && "$postgres/pgbench" -h 127.0.0.1 -p "$port" -U bench -n -M prepared -f insert.sql -c 64 -j 1 \
    -T "$1" -l --log-prefix=insert.log postgres 2>/dev/null | awk '/tps = / {print $3}' >tps
  cut -d' ' -f3 insert.log.* | sort -n | awk -v tps="$(cat tps)" '{a[NR] = $1} END {print tps, a[int(NR * 0.99)] / 1000, NR, 0}')
}
postgresql() {
  mkdir "$work/store" && chown postgres "$work/store"
  (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups "$postgres/initdb" -D "$work/store" -U bench --auth=trust --no-locale \
    >/dev/null)
  serve -u postgres "$postgres/postgres" -D "$work/store" -c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= \
    -c synchronous_commit=on -c fsync=on -c max_connections=200 -c max_wal_size=4GB
  open
  until "$postgres/psql" -h 127.0.0.1 -p $port -U bench postgres -qc \
    'CREATE TABLE events (id bigserial PRIMARY KEY, event text NOT NULL)' 2>/dev/null; do
    kill -0 "$server" && sleep 0.2
  done
  echo "INSERT INTO events (event) VALUES ('$event');" >"$work/insert.sql"
}
row() { # row NAME: starts its server, measures, ends it
  case $1 in
    ingest)
      DATA=$work/store start_ingest --sink discard && server=${pids[ingest]}
      BENCH_EVENTS=1 BENCH_BYTES=200 measured "$1" 1 wrk_at 64 "$here/events.lua" "http://127.0.0.1:${ports[ingest]}/v1/events" ;;
    ingest-batch)
      DATA=$work/store start_ingest --sink discard && server=${pids[ingest]}
      BENCH_EVENTS=100 BENCH_BYTES=200 measured "$1" 100 wrk_at 16 "$here/events.lua" "http://127.0.0.1:${ports[ingest]}/v1/events" ;;
    webdis)
      mkdir "$work/store"
      serve redis-server --port $((port + 1)) --bind 127.0.0.1 --dir "$work/store" --save '' --appendonly yes --appendfsync always
      behind=$server
      open $((port + 1))
      cat >"$work/webdis.json" <<JSON
{"redis_host": "127.0.0.1", "redis_port": $((port + 1)), "http_host": "127.0.0.1", "http_port": $port, "threads": 2, "pool_size": 64,
 "daemonize": false, "verbosity": 0, "logfile": "$work/webdis.log"}
JSON
      serve webdis "$work/webdis.json"
      open
      BENCH_TEXT=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$event")
      export BENCH_TEXT
      measured "$1" 1 wrk_at 64 "$here/peers/webdis.lua" "http://127.0.0.1:$port/" ;;
    nats)
      mkdir "$work/store"
      printf 'listen: "127.0.0.1:%d"\njetstream { store_dir: "%s", sync_interval: always }\n' "$port" "$work/store" >"$work/nats.conf"
      settings[nats]="sync_interval: always"
      if ! nats-server -t -c "$work/nats.conf" >/dev/null 2>&1; then
        # The setting came with 2.10. Without it no publication waits for a flush: named so, for there is no durable one.
        sed -i 's/, sync_interval: always//' "$work/nats.conf"
        settings[nats]="NOT DURABLE: $(nats-server -v | sed 's/.*: *//') knows no sync_interval, flushes every 2 minutes"
      fi
      serve nats-server -c "$work/nats.conf"
      open
      measured "$1" 1 program nats "nats://127.0.0.1:$port" events 64 ;;
    postgresql) postgresql; measured "$1" 1 inserts ;;
    postgresql-copy) postgresql; measured "$1" 100 program copy "postgres://bench@127.0.0.1:$port/postgres?sslmode=disable" events 16 ;;
    rabbitmq-stream | rabbitmq-quorum)
      mkdir "$work/store"
      serve env ERL_EPMD_ADDRESS=127.0.0.1 epmd -port $((port + 2))
      behind=$server
      serve env HOME="$work/store" RABBITMQ_NODENAME=bench@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$port \
        RABBITMQ_DIST_PORT=$((port + 1)) ERL_EPMD_PORT=$((port + 2)) ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_MNESIA_BASE="$work/store" \
        RABBITMQ_LOG_BASE="$work/store" RABBITMQ_ENABLED_PLUGINS_FILE="$work/none" RABBITMQ_CONFIG_FILE="$work/none" \
        RABBITMQ_CONF_ENV_FILE="$work/none" RABBITMQ_PID_FILE="$work/store/pid" /usr/lib/rabbitmq/bin/rabbitmq-server
      open
      local url=amqp://guest:guest@127.0.0.1:$port/
      until program rabbitmq "$url" "${1#rabbitmq-}" 1 0.1 >/dev/null 2>&1; do kill -0 "$server" && sleep 0.5; done
      measured "$1" 1 program rabbitmq "$url" "${1#rabbitmq-}" 64
      ;;
  esac
  ended
  unset "pids[ingest]"
}
read -ra chosen <<<"${BENCH_PEERS:-ingest webdis nats postgresql rabbitmq-stream rabbitmq-quorum ingest-batch postgresql-copy}"
for _ in $(seq "$rounds"); do
  for name in "${chosen[@]}"; do row "$name" || { echo "$name could not be measured" >&2; ended; }; done
done
printf '%-16s %10s %9s %9s %8s  %s\n' server events/s "of ingest" "p99 ms" us/event setting
column() { cut -d' ' -f"$2" "$work/row-$1" | median; }
for name in "${chosen[@]}"; do
  [[ -s $work/row-$name ]] || continue
  beside=ingest
  [[ $name != *-batch && $name != *-copy ]] || beside=ingest-batch
  of=-
  [[ ! -s $work/row-$beside ]] || of=$(ratio "$(column "$name" 1)" "$(column "$beside" 1)")
  errors=$(awk '{n += $4} END {print n + 0}' "$work/row-$name")
  printf '%-16s %10.0f %9s %9.2f %8.1f  %s%s\n' "$name" "$(column "$name" 1)" "$of" "$(column "$name" 2)" "$(column "$name" 3)" \
    "${settings[$name]}" "$([[ $errors -eq 0 ]] || echo "  $errors ERRORS")"
  record "$name" events/s "$(column "$name" 1)"
  record "$name" "p99 ms" "$(column "$name" 2)"
  record "$name" us/event "$(column "$name" 3)"
done
