#!/usr/bin/env bash
# Installs the clients from npm as package-lock.json pins them, if they are missing or other versions: all, or with --quick those that a test
# run tries. Ends with 77 where npm is not there or finds no registry: who calls it may skip what needs them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
set=all omit=()
if [[ ${1:-} == --quick ]]; then
  set=quick omit=(--omit=dev)
fi
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  echo "npm is not installed"
  exit 77
fi
mark=node_modules/.installed
for there in all "$set"; do
  if [[ -f $mark ]] && cmp -s <(echo "$there"; cat package-lock.json) "$mark"; then
    exit 0
  fi
done
if ! timeout 400 npm ci --ignore-scripts --loglevel=error "${omit[@]}"; then
  echo "npm could not install the clients: is there a registry?"
  exit 77
fi
(echo "$set"; cat package-lock.json) >"$mark"
