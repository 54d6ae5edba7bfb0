#!/usr/bin/env bash
# Installs what the clients need and runs them: run.sh [options of run.mjs]. A node is built before: make build.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here"/install.sh
exec node "$here/run.mjs" "$@"
