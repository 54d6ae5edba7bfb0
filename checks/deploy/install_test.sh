#!/usr/bin/env bash
# Installs a build into an empty folder and looks: what the unit names is there, the command runs from any folder, a second time keeps settings.
# Argument: the build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$*"; exit 1; }
DESTDIR=$work PREFIX=/opt/x deploy/install.sh "$build" >/dev/null
unit=$work/opt/x/lib/systemd/system/ingest.service
grep -q '/usr/local' "$unit" && fail "the unit names another prefix"
for named in $(sed -n 's#^Documentation=file://##p' "$unit") $(sed -n 's#^ExecStart=\([^ ]*\) .*#\1#p' "$unit"); do
  [[ -e $work$named ]] || fail "the unit names $named, which is not installed"
done
while read -r page; do
  [[ -e $work/opt/x/share/man/man${page: -2:1}/${page%(*}.${page: -2:1} ]] || fail "the unit names $page, which is not installed"
done < <(sed -n 's#^Documentation=man:##p' "$unit")
[[ $(cd / && "$work/opt/x/bin/ingest" --version) == "ingest "* ]] || fail "the command does not run from another folder"
for script in bash-completion/completions/ingest zsh/site-functions/_ingest fish/vendor_completions.d/ingest.fish man/man1/ingest.1; do
  [[ -s $work/opt/x/share/$script ]] || fail "completion or manual is not installed: $script"
done
echo '{}' >"$work/etc/ingest/ingest.json"
DESTDIR=$work PREFIX=/opt/x deploy/install.sh "$build" >/dev/null
[[ $(cat "$work/etc/ingest/ingest.json") == '{}' ]] || fail "a second installation overwrote the settings"
[[ ! -e $work/opt/x/lib/ingest.old && ! -e $work/opt/x/lib/ingest.new ]] || fail "leftovers"
