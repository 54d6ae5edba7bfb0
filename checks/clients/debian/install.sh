#!/usr/bin/env bash
# Unpacks Debian's shippers into artifacts/tools/clients, without installing: their packages would start services, and exclude each other.
# Ends with 77 where apt finds nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
packages=(rsyslog rsyslog-elasticsearch libestr0 libfastjson4 liblognorm5 syslog-ng-core syslog-ng-mod-http libivykis0 libnet1 libwrap0
  libjson-c5 python3-elasticsearch python3-urllib3 python3-six python3-certifi)
root=artifacts/tools/clients
[[ -f $root/versions ]] && exit 0
command -v apt-get >/dev/null || { echo "there is no apt-get"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get download -qq "${packages[@]}" 2>/dev/null) || { echo "Debian's packages could not be had"; exit 77; }
mkdir -p "$root"
for package in "$work"/*.deb; do
  dpkg -x "$package" "$root"
done
for package in "$work"/*.deb; do
  dpkg-deb -W --showformat='${Package} ${Version}\n' "$package"
done >"$root/versions"
