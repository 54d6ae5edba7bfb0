#!/usr/bin/env bash
# Makes what is given away, in artifacts/dist: for each system a tarball that needs nothing installed and a Debian package, a bill of
# materials, and the checksums of all. `make dist` runs it.
# Usage: deploy/dist.sh [SYSTEM...]     default: linux-x64 linux-arm64
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
systems=("$@")
[[ ${#systems[@]} -gt 0 ]] || systems=(linux-x64 linux-arm64)
version=$(sed -nE 's#.*<Version>(.*)</Version>.*#\1#p' Directory.Build.props)
dist=$root/artifacts/dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$dist"
mkdir -p "$dist"

# From a copy: restoring for another system writes into the lock files.
mkdir "$work/source"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$work/source" 2>/dev/null || true

publish() {
  local system=$1
  dotnet publish "$work/source/src/Ingest.Worker/Ingest.Worker.csproj" -c Release -r "$system" --self-contained true \
    -p:PublishReadyToRun=true -p:RestoreLockedMode=false -o "$work/$system" --nologo -v quiet
}

# The layout of an installation below one folder, /usr in the package: bin, lib, share, the unit with its paths.
stage() {
  local system=$1 prefix=$2 into=$3
  DESTDIR=$into PREFIX=$prefix INGEST_RUN=$runs deploy/install.sh "$work/$system" >/dev/null
}

tarball() {
  local system=$1 name=ingest-$version-$1
  stage "$system" "/$name" "$work/tar-$system"
  mv "$work/tar-$system/etc" "$work/tar-$system/$name/etc"
  # The unit is for /usr/local, where an administrator would copy it to.
  cp deploy/systemd/ingest.service "$work/tar-$system/$name/lib/systemd/system/ingest.service"
  tar --sort=name --owner=0 --group=0 --numeric-owner -C "$work/tar-$system" -czf "$dist/$name.tar.gz" "$name"
}

package() {
  local system=$1 architecture=amd64 tree=$work/deb-$1
  [[ $system != linux-arm64 ]] || architecture=arm64
  stage "$system" /usr "$tree"
  mkdir -p "$tree/DEBIAN"
  cat >"$tree/DEBIAN/control" <<CONTROL
Package: ingest
Version: $version
Architecture: $architecture
Maintainer: The Ingest authors <ingest@localhost>
Section: net
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$tree" | cut -f1)
Depends: libc6 (>= 2.31), libgcc-s1, libssl3 | libssl1.1 | libssl3t64, libstdc++6, ca-certificates
Description: HTTP events, on disk before 202, then delivered
 Takes events over HTTP, answers 202 when they are on disk, and delivers them to
 Kafka, HTTP endpoints or files, whatever happens downstream.
CONTROL
  echo /etc/ingest/ingest.json >"$tree/DEBIAN/conffiles"
  local script
  for script in postinst prerm postrm; do
    install -m 0755 "deploy/debian/$script" "$tree/DEBIAN/$script"
  done
  (cd "$tree" && find usr etc -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  dpkg-deb -Zxz -z2 --root-owner-group --build "$tree" "$dist/ingest_${version}_$architecture.deb" >/dev/null
}

# With CycloneDX, a tool of .NET, where it can be had.
materials() {
  local tools=$root/artifacts/tools
  [[ -x $tools/dotnet-CycloneDX ]] || dotnet tool install CycloneDX --version 6.3.1 --tool-path "$tools" >/dev/null 2>&1 || return 1
  "$tools/dotnet-CycloneDX" "$work/source/src/Ingest.Worker/Ingest.Worker.csproj" --output "$dist" --filename "ingest-$version.cdx.json" \
    --output-format Json --set-version "$version" --set-name ingest --disable-package-restore >/dev/null 2>&1
}

runs=
made=0
for system in "${systems[@]}"; do
  if ! publish "$system" >"$work/log" 2>&1; then
    echo "left out $system: its runtime could not be restored or built: $(grep -m1 error "$work/log" || tail -1 "$work/log")"
    continue
  fi
  # Completion is printed by a build that runs here; it is the same for all systems.
  [[ -n $runs ]] || { "$work/$system/ingest" --version >/dev/null 2>&1 && runs=$work/$system/ingest; } || true
  tarball "$system"
  if command -v dpkg-deb >/dev/null; then package "$system"; else echo "left out the package for $system: dpkg-deb is not there"; fi
  made=$((made + 1))
done
[[ $made -gt 0 ]] || exit 1
materials || echo "left out the bill of materials: CycloneDX could not be had"
(cd "$dist" && sha256sum -- * >SHA256SUMS)
ls -1 "$dist"
