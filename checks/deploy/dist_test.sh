#!/usr/bin/env bash
# Looks at what deploy/dist.sh makes of a build: checksums, the tarball's program, the package installed below an empty root and removed.
# Argument: a folder like artifacts/dist.
set -euo pipefail
dist=$(cd "${1:?the folder that make dist wrote}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$*"; exit 1; }
(cd "$dist" && sha256sum --quiet -c SHA256SUMS) || fail "a checksum is wrong"

tarball=$(ls "$dist"/ingest-*-linux-x64.tar.gz)
tar -xzf "$tarball" -C "$work"
folder=$work/$(basename "$tarball" .tar.gz)
# Without any runtime of the machine: what the program needs is with it.
said=$(cd / && env -i HOME="$work" DOTNET_ROOT=/nowhere "$folder/bin/ingest" --version)
[[ $said == "ingest "* ]] || fail "the tarball's program does not run: $said"
for part in share/bash-completion/completions/ingest share/zsh/site-functions/_ingest share/fish/vendor_completions.d/ingest.fish share/man/man1/ingest.1 \
  lib/systemd/system/ingest.service share/doc/ingest/README.md share/doc/ingest/LICENSE; do
  [[ -s $folder/$part ]] || fail "the tarball has no $part"
done

command -v dpkg >/dev/null || { echo "the package was not tried: dpkg is not there"; exit 0; }
package=$(ls "$dist"/ingest_*_amd64.deb)
dpkg-deb --info "$package" >/dev/null
system=$work/root
mkdir -p "$system/var/lib/dpkg/"{info,updates,triggers} "$system/usr/bin"
touch "$system/var/lib/dpkg/status"
run_dpkg() { dpkg --root="$system" --force-not-root --force-script-chrootless --force-depends --log=/dev/null "$@" >"$work/log" 2>&1; }
run_dpkg -i "$package" || fail "it does not install: $(cat "$work/log")"
[[ $("$system/usr/bin/ingest" --version) == "ingest "* ]] || fail "the package's program does not run"
grep -q '/usr/local' "$system/usr/lib/systemd/system/ingest.service" && fail "the unit names /usr/local"
while read -r named; do
  [[ -e $system$named ]] || fail "the unit names $named, which is not installed"
done < <(sed -n 's#^Documentation=file://##p; s#^ExecStart=\([^ ]*\) .*#\1#p' "$system/usr/lib/systemd/system/ingest.service")
echo '{"Name":"mine"}' >"$system/etc/ingest/ingest.json"
run_dpkg --force-confold -i "$package" || fail "it does not install over itself: $(cat "$work/log")"
grep -q mine "$system/etc/ingest/ingest.json" || fail "an upgrade overwrote the settings"
run_dpkg -r ingest || fail "it cannot be removed: $(cat "$work/log")"
[[ -e $system/etc/ingest/ingest.json ]] || fail "removing took the settings"
run_dpkg -P ingest || fail "it cannot be purged: $(cat "$work/log")"
rest=$(find "$system/usr" "$system/etc" ! -type d 2>/dev/null | head -5)
[[ -z $rest ]] || fail "removing leaves $rest"
