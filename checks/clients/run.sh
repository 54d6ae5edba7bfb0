#!/usr/bin/env bash
# Installs what the clients need and runs them: run.sh [options of run.mjs]. A node is built before: make build. The proofs run with all of
# the clients, not with a part of them (--only, --scenario).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here"/install.sh
for part in debian dotnet; do
  "$here/$part/install.sh" || [[ $? -eq 77 ]]
done
failed=0
node "$here/run.mjs" "$@" || failed=1
if [[ " $* " != *" --only "* && " $* " != *" --scenario "* ]]; then
  node "$here/proofs/run.mjs" || failed=1
fi
exit $failed
