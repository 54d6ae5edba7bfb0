#!/usr/bin/env bash
# Installs a build: the program, its documents, the unit with its user, and a first configuration where there is none. `make install` runs it.
# Usage: deploy/install.sh BUILD     PREFIX=/usr/local, DESTDIR= (an empty one means this machine), SYSCONFDIR=/etc
set -euo pipefail
build=${1:?the folder that make build wrote}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(dirname "$here")
PREFIX=${PREFIX:-/usr/local} SYSCONFDIR=${SYSCONFDIR:-/etc} DESTDIR=${DESTDIR:-}
[[ -x $build/ingest ]] || { echo "install: $build/ingest is not there: make build" >&2; exit 1; }

lib=$DESTDIR$PREFIX/lib/ingest doc=$DESTDIR$PREFIX/share/doc/ingest
install -d "$DESTDIR$PREFIX/bin" "$doc/docs" "$doc/wal"
# A new folder beside the old one, then swapped: a node that runs keeps its files, and no mixture of two versions is ever started.
rm -rf "$lib.new" "$lib.old"
install -d "$(dirname "$lib")"
cp -a "$build" "$lib.new"
chmod -R u=rwX,go=rX "$lib.new"
[[ ! -e $lib ]] || mv "$lib" "$lib.old"
mv "$lib.new" "$lib"
rm -rf "$lib.old"
ln -sfn ../lib/ingest/ingest "$DESTDIR$PREFIX/bin/ingest"
install -m 0644 "$source"/{README.md,CHANGELOG.md,LICENSE} "$doc"
install -m 0644 "$source"/docs/*.* "$doc/docs"
install -m 0644 "$source"/wal/*.md "$doc/wal"

# Completion and the manual page, printed by the build itself, or by INGEST_RUN where the build is for another system.
run=${INGEST_RUN:-$build/ingest}
share=$DESTDIR$PREFIX/share
install -d "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d" "$share/man/man1"
"$run" completion bash >"$share/bash-completion/completions/ingest"
"$run" completion zsh >"$share/zsh/site-functions/_ingest"
"$run" completion fish >"$share/fish/vendor_completions.d/ingest.fish"
"$run" man >"$share/man/man1/ingest.1"

# The unit with the paths of this installation. Units of a prefix below /usr/local are found too; of any other they are not.
units=$DESTDIR$PREFIX/lib/systemd/system
install -d "$units" "$DESTDIR$PREFIX/lib/sysusers.d" "$DESTDIR$SYSCONFDIR/ingest"
sed -e "s#/usr/local/#$PREFIX/#g" -e "s#/etc/ingest#$SYSCONFDIR/ingest#g" "$here/systemd/ingest.service" >"$units/ingest.service"
install -m 0644 "$here/systemd/ingest.sysusers.conf" "$DESTDIR$PREFIX/lib/sysusers.d/ingest.conf"
settings=$DESTDIR$SYSCONFDIR/ingest/ingest.json
[[ -e $settings ]] || install -m 0644 "$here/systemd/ingest.json" "$settings"
echo "installed $PREFIX/bin/ingest; as a service: systemd-sysusers && systemctl daemon-reload && systemctl enable --now ingest"
