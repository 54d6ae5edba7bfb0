#!/usr/bin/env bash
# The same load, the same journal and the same kill -9 and power cut for Ingest and for what else could stand there, judged by one oracle:
# checks/peers.sh [MINUTES=10] [--table FILE] [ROW...]
# Debian's packages of the stores and their clients from npm are installed where they are missing; a store that cannot be had is named
# in its row. SEED=N draws other moments. The table is left in artifacts/peers/table.md, with each row's journal and log beside it; --table
# puts it between the marks of a page. Exit code 1 when Ingest did not hold, or when the judge saw no loss in the store that keeps nothing.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
minutes=10 page='' only=()
while (($#)); do
  case $1 in
    --table) page=$2; shift 2 ;;
    *[!0-9]*) only+=("$1"); shift ;;
    *) minutes=$1; shift ;;
  esac
done
seed=${SEED:-1}
out=artifacts/peers
run=(setpriv --pdeathsig TERM node checks/peers/run.mjs)

clients() {
  local mark=node_modules/.installed
  cd checks/peers || return
  if cmp -s package-lock.json "$mark"; then return; fi
  timeout 400 npm ci --ignore-scripts --loglevel=error && cp package-lock.json "$mark"
}

# Installs what is missing; a package's own service is not started.
servers() {
  local missing=() package file policy=/usr/sbin/policy-rc.d mine=''
  while read -r package file; do
    [[ -z $package ]] || compgen -G "$file" >/dev/null || missing+=("$package")
  done < <("${run[@]}" --needs "${only[@]}")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if ! command -v apt-get >/dev/null || [[ $(id -u) -ne 0 ]]; then
    echo "Not there, and not to be installed without root: ${missing[*]}. Their rows say so."
    return 0
  fi
  echo "installing ${missing[*]}"
  if [[ ! -e $policy ]]; then
    mine=$policy
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  for package in "${missing[@]}"; do
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null || echo "$package cannot be installed; its rows say so."
  done
  [[ -z $mine ]] || rm -f "$mine"
}

for tool in node npm; do command -v "$tool" >/dev/null || { echo "$tool is needed" >&2; exit 2; }; done
(clients) || { echo "The clients cannot be installed from npm" >&2; exit 2; }
names=$("${run[@]}" --list "${only[@]}") || exit 2
judge=(node --test checks/peers/oracle.test.mjs)
"${judge[@]}" >/dev/null || { echo "The judge does not see what it is shown: ${judge[*]}" >&2; exit 1; }
servers
# BUILT=1: what is built already is struck.
[[ -n ${BUILT:-} ]] || make --no-print-directory build || exit 1
faults=(--fault kill)
if [[ -x checks/power/build.sh ]] && checks/power/build.sh; then
  faults+=(--fault cut)
else
  echo "There is no file system that forgets: only kill -9."
fi

# Of a row's time about ten seconds are for starts, reading and judging.
rows=$(($(wc -l <<<"$names") * ${#faults[@]} / 2))
seconds=$((minutes * 60 / rows - 10))
((seconds >= 3)) || seconds=3
mkdir -p "$out"
timeout $((rows * (seconds + 240))) "${run[@]}" --seconds "$seconds" --seed "$seed" --out "$out" "${faults[@]}" "${only[@]}"
code=$?
[[ -f $out/table.md ]] || exit "$code"
where="$(nproc) processors, commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), $(date -u +%F)"
printf '\n%s\n' "$seconds s a row, $where. Again: \`SEED=$seed checks/peers.sh $minutes ROW\`." >>"$out/table.md"
if [[ -n $page ]]; then
  awk -v table="$out/table.md" '/<!-- peers -->/ { print; while ((getline line < table) > 0) print line; skip = 1 }
    /<!-- \/peers -->/ { skip = 0 } !skip' "$page" >"$page.new" && mv "$page.new" "$page"
fi
printf '\n%s\n' "Left in $out/table.md."
exit "$code"
