#!/usr/bin/env bash
# The built executable delivers to Kafka in the file system of its runtime image, where no container engine answers: checks/image.sh, after
# make build. Debian's packages of the Dockerfile's base are unpacked into artifacts/image with .NET and the program beside them: no
# librdkafka1, no libsasl2, no shell. Exit code 77 and one line with the reason where that cannot be done here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
base=$(sed -n 's/^ARG RUNTIME=//p' Dockerfile)
root=$PWD/artifacts/image
mock=$PWD/artifacts/bin/Ingest.MockCluster/release/Ingest.MockCluster
events=500
# What aspnet:10.0-noble-chiseled is sliced from, by Debian's names.
packages=(base-files ca-certificates libc6 libgcc-s1 libssl3 libstdc++6 tzdata)
skip() { echo "skipped: $1"; exit 77; }
for tool in apt-get dpkg unshare chroot curl kcat; do
  PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || skip "the runtime image's file system needs $tool"
done
PATH=$PATH:/usr/sbin
apart=(unshare --mount) user=(--userspec=1654:1654)
[[ $(id -u) -eq 0 ]] || apart=(unshare --user --map-root-user --mount) user=()
"${apart[@]}" true 2>/dev/null || skip "this user may not have a mount namespace"
[[ -x artifacts/ingest/ingest && -x $mock ]] || { echo "run make build, and build tests/Ingest.MockCluster, first" >&2; exit 2; }

unpack() {
  local work
  work=$(mktemp -d)
  (cd "$work" && timeout 120 apt-get download -qq "${packages[@]}" 2>/dev/null) ||
    { rm -rf "$work"; skip "Debian's packages of the runtime image cannot be had"; }
  mkdir -p "$root.new"
  for package in "$work"/*.deb; do dpkg -x "$package" "$root.new"; done
  rm -rf "$work"
  mkdir -p "$root.new"/{dev,proc,tmp,usr/share,var/lib/ingest}
  chmod 1777 "$root.new/tmp"
  mv "$root.new" "$root"
}
[[ -d $root ]] || { rm -rf "$root.new"; unpack; }
rm -rf "$root/app" "$root/usr/share/dotnet" "$root/var/lib/ingest"
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
mkdir -p "$root/usr/share/dotnet" "$root/var/lib/ingest"
cp -a "$dotnet/shared" "$dotnet/host" "$root/usr/share/dotnet/"
cp -a artifacts/ingest "$root/app"
[[ ${#user[@]} -eq 0 ]] || chown 1654:1654 "$root/var/lib/ingest"
if find "$root" -path "$root/app" -prune -o \( -name 'librdkafka*' -o -name 'libsasl2*' \) -print | grep .; then
  echo "these are not in the image" >&2; exit 1
fi

said=$(mktemp)
node=
stop() { [[ -z $node ]] || kill -KILL "$node" 2>/dev/null || true; rm -f "$said"; }
trap stop EXIT
coproc cluster { "$mock"; }
read -r _ brokers <&"${cluster[0]}"
intake=http://127.0.0.1:${INTAKE_PORT:-$((20000 + RANDOM % 10000))} admin=http://127.0.0.1:${ADMIN_PORT:-$((30000 + RANDOM % 2000))}
# shellcheck disable=SC2016
"${apart[@]}" bash -c 'mount --rbind /dev "$0/dev" && mount --rbind /proc "$0/proc" && exec env -i PATH="$PATH" TMPDIR=/tmp chroot "${@:2:$1}" "$0" "${@:2+$1}"' \
  "$root" "${#user[@]}" "${user[@]}" \
  /app/ingest serve --data /var/lib/ingest --intake "$intake" --admin "$admin" --sink kafka \
  --set "Sinks:kafka:BootstrapServers=$brokers" --set Drain:BalancerDelay=0 >"$said" 2>&1 &
node=$!
ready() { curl -sf "$intake/health/ready" >/dev/null; }
for _ in $(seq 600); do ready && break; kill -0 "$node" 2>/dev/null || break; sleep 0.1; done
ready || { echo "the node did not get ready in the image's file system:"; cat "$said"; exit 1; }
seq "$events" | curl -sf -H 'Content-Type: application/x-ndjson' --data-binary @- "$intake/v1/streams/image/events" >/dev/null
delivered() { kcat -C -b "$brokers" -t image -o beginning -e -q 2>/dev/null | sort -n | uniq | wc -l; }
for _ in $(seq 300); do [[ $(delivered) -ne $events ]] || break; sleep 0.2; done
client=$(curl -sf "$admin/status" | tr -d '\n' | grep -oE '"client": *(\{[^}]*\}|"[^"]*")' | head -1)
found=$(delivered)
kill -TERM "$node"
code=0
wait "$node" || code=$?
node=
eval "exec ${cluster[1]}>&-"
[[ $found -eq $events && $code -eq 0 ]] || { echo "$found of $events events delivered, exit code $code:"; cat "$said"; exit 1; }
echo "$events events delivered in the file system of $base ($client)"
