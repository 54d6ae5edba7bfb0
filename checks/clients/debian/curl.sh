#!/usr/bin/env bash
# curl with its own retries, to HEC's raw input.
set -euo pipefail
for ((number = FROM; number < FROM + COUNT; number++)); do
  echo "{\"sent\":$number}"
  if curl -sSf --retry 30 --retry-delay 1 --retry-all-errors "$URL/services/collector/raw?source=curl&index=orders" \
    -H "Authorization: Splunk $KEY" -o /dev/null --data-binary "$(printf 'evt-%06d said curl' "$number")" >&2; then
    echo "{\"stored\":$number}"
  else
    echo "{\"error\":\"curl ended with $?\"}"
  fi
done
echo '{"done":true}'
