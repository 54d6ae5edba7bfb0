#!/usr/bin/env bash
# Installs what the clients need and runs them: run.sh [options of run.mjs]. A node is built before: make build.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here"/install.sh
for part in debian dotnet; do
  "$here/$part/install.sh" || [[ $? -eq 77 ]]
done
failed=0
node "$here/run.mjs" "$@" || failed=1
node "$here/proofs/run.mjs" || failed=1
exit $failed
