#!/usr/bin/env bash
# Installs the npm clients as package-lock.json pins them, if they are missing or another version. Ends with 77 where npm is not there or
# finds no registry: who calls it may skip what needs them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  echo "npm is not installed"
  exit 77
fi
mark=node_modules/.installed
if [[ -f $mark ]] && cmp -s "$mark" package-lock.json; then
  exit 0
fi
if ! timeout 120 npm ci --ignore-scripts --loglevel=error; then
  echo "npm could not install the clients: is there a registry?"
  exit 77
fi
cp package-lock.json "$mark"
