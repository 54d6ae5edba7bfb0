#!/usr/bin/env bash
# syslog-ng with its http() destination: to HEC, in batches of objects one after another.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
: >"$input"
cat >"$DIRECTORY/syslog-ng.conf" <<CONF
@version: 3.38
options { time-reopen(1); stats-freq(0); };
source lines { file("$input" follow-freq(0.1) flags(no-parse)); };
destination node {
  http(url("$URL/services/collector/event") method("POST") headers("Authorization: Splunk $KEY")
    body('{"event":{"message":"\$MSG"},"sourcetype":"check"}') batch-lines(7) batch-timeout(200) timeout(10) retries(30));
};
log { source(lines); destination(node); flags(flow-control); };
CONF
"$tools/usr/sbin/syslog-ng" -F -f "$DIRECTORY/syslog-ng.conf" -R "$DIRECTORY/persist" -p "$DIRECTORY/pid" -c "$DIRECTORY/control" \
  --module-path="$tools/usr/lib/syslog-ng/3.38" --no-caps >&2 &
daemon=$!
trap 'kill -9 $daemon 2>/dev/null || true' EXIT
sleep 2
feed 'evt-%06d'
sleep 12
kill $daemon
wait $daemon || true
echo '{"done":true}'
