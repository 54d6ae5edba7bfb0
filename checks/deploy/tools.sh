#!/usr/bin/env bash
# Unpacks promtool and shellcheck from Debian's packages into artifacts/tools, without installing: Debian's prometheus package would start a
# server. Does nothing where they are there already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH="$PWD/artifacts/tools:$PATH"
mkdir -p artifacts/tools
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unpack() {
  local package=$1 file=$2
  command -v "$(basename "$file")" >/dev/null && return
  (cd "$work" && apt-get download -qq "$package" && dpkg -x "$package"_*.deb "$work/$package")
  install -m 0755 "$work/$package/$file" artifacts/tools/
}
unpack prometheus usr/bin/promtool
unpack shellcheck usr/bin/shellcheck
