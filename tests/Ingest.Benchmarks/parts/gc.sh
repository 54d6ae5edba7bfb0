#!/usr/bin/env bash
# Pauses of the garbage collector under full load, from /debug/gc of a warm node: asked a hundred times a second, so that each collection's
# own pauses are seen; the line says how many of the collections were. The answer has the last collection of any kind.
part=gc
source "$(dirname "${BASH_SOURCE[0]}")/../servers.sh"
need wrk wrk
start_ingest --sink discard
for load in single/64 batch/16; do
  shoot ingest "${load%/*}" "${load#*/}" 4 >/dev/null
  shoot ingest "${load%/*}" "${load#*/}" $((seconds * rounds)) >"$work/shot" & generator=$!
  python3 - "${ports[admin]}" "$((seconds * rounds))" >"$work/pauses" <<'PY'
import http.client, json, sys, time
page = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
end, seen, last, first, pauses = time.monotonic() + int(sys.argv[2]), 0, None, None, []
while time.monotonic() < end:
    page.request("GET", "/debug/gc")
    heap = json.loads(page.getresponse().read())
    count = heap["collections"][0]
    first = count if first is None else first
    if last is not None and count > last:
        seen += 1
        pauses += [pause for pause in heap["lastPausesMs"] if pause > 0]
    last = count
    time.sleep(0.01)
pauses.sort()
at = lambda share: pauses[min(len(pauses) - 1, int(len(pauses) * share))] if pauses else 0
print(len(pauses), seen, last - first, at(0.5), at(0.999), at(1))
PY
  wait "$generator"
  read -r pauses seen collections half most max <"$work/pauses"
  printf '%-10s %d pauses of %d of %d collections: median %.2f ms, p99.9 %.2f ms, maximum %.2f ms\n' \
    "$load" "$pauses" "$seen" "$collections" "$half" "$most" "$max"
  record "$load" "gc pause p99.9 ms" "$most" "<=" 1
  record "$load" "gc pause max ms" "$max"
  record "$load" "gc collections seen of all" "$(ratio "$seen" "$collections")"
done
