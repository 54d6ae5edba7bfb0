#!/usr/bin/env bash
# Installs what the tests need from Debian: kcat (reads topics back, independently of our client and its library),
# strace (counts flushes), haproxy (stands in front of a fleet), curl (the README's own commands), wrk and h2load (docs/clients.md). Quick
# when everything is there.
set -euo pipefail
declare -A packages=([kcat]=kcat [strace]=strace [haproxy]=haproxy [curl]=curl
  [wrk]=wrk [nghttp2-client]=h2load)
missing=()
for package in "${!packages[@]}"; do
  need=${packages[$package]}
  case $need in
    *.so.*) ldconfig -p 2>/dev/null | grep -q "$need" || /sbin/ldconfig -p 2>/dev/null | grep -q "$need" || missing+=("$package") ;;
    *) command -v "$need" >/dev/null || [[ -x /usr/sbin/$need ]] || missing+=("$package") ;;
  esac
done
[[ ${#missing[@]} -gt 0 ]] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "The tests need ${missing[*]} (Debian's names). Install them and run again." >&2
  exit 1
fi
if [[ $(id -u) -eq 0 ]]; then
  apt=(apt-get)
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  apt=(sudo apt-get)
else
  echo "The tests need ${missing[*]}. As root: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${apt[@]}" update -qq
"${apt[@]}" install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
