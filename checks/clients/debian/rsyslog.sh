#!/usr/bin/env bash
# rsyslog with omelasticsearch: bulks of what is appended to a file.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
: >"$input"
cat >"$DIRECTORY/rsyslog.conf" <<CONF
global(workDirectory="$DIRECTORY" parser.permitSlashInProgramName="on")
module(load="imfile" mode="inotify")
module(load="omelasticsearch")
template(name="document" type="list" option.json="on") {
  constant(value="{\"time\":\"") property(name="timereported" dateFormat="rfc3339")
  constant(value="\",\"message\":\"") property(name="msg") constant(value="\"}")
}
input(type="imfile" file="$input" tag="check" ruleset="send")
ruleset(name="send") {
  action(type="omelasticsearch" server="127.0.0.1" serverport="$port" searchIndex="orders" searchType="" template="document"
    bulkmode="on" retryfailures="on" uid="ingest" pwd="$KEY" errorFile="$DIRECTORY/errors.json" usehttps="off" healthchecktimeout="10000"
    action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="linkedList" queue.dequeueBatchSize="7" queue.timeoutShutdown="20000")
}
CONF
"$tools/usr/sbin/rsyslogd" -n -f "$DIRECTORY/rsyslog.conf" -i "$DIRECTORY/rsyslog.pid" -M "$tools/usr/lib/x86_64-linux-gnu/rsyslog" >&2 &
daemon=$!
trap 'kill -9 $daemon 2>/dev/null || true' EXIT
sleep 2
feed 'evt-%06d'
sleep 12
kill $daemon
wait $daemon || true
[[ ! -s $DIRECTORY/errors.json ]] || echo "{\"error\":\"$(tr -d '"\\\n' <"$DIRECTORY/errors.json" | head -c 300)\"}"
echo '{"done":true}'
