#!/usr/bin/env bash
# Breaks the product on purpose, one patch of tests/mutants at a time, in a copy of the tree, and expects the named test to fail.
# Usage: tests/mutants.sh [name...]      default: all. TABLE=FILE writes the table there as well.
# Each patch begins with: what (the bug), killer (Class.Method), project (the test project) and, where it is of the kind of one of
# checks/proof.sh, row. A mutant that no test notices survives: then the suite has a hole, and the exit code is 1. So it is where the killer
# fails without the mutant, or is not found.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
limit=${MUTANT_SECONDS:-240}
names=("$@")
[[ ${#names[@]} -gt 0 ]] || mapfile -t names < <(cd tests/mutants && ls ./*.patch | sed 's|^\./||; s|\.patch$||')

tree=$(mktemp -d "${TMPDIR:-/tmp}/ingest-mutants.XXXXXX")
trap 'rm -rf "$tree"' EXIT
tar -c --exclude=./artifacts --exclude=./.git --exclude=node_modules . | tar -x -C "$tree"
cd "$tree" || exit 1

head_of() { sed -n "s/^$2: //p" "$root/tests/mutants/$1.patch" | head -1; }
# The projects a patch touches: everything else is compiled once.
products_of() { sed -nE 's|^\+\+\+ b/(wal)/.*|\1|p; s|^\+\+\+ b/(src/[^/]+)/.*|\1|p' "$root/tests/mutants/$1.patch" | sort -u; }
assembly_of() { if [[ $1 == wal ]]; then echo Ingest.Wal; else basename "$1"; fi; }
quiet_build() {
  dotnet build "$1" -c Release --nologo -v quiet -p:RunAnalyzers=false -p:UseSharedCompilation=true "${@:2}" >"$tree/build.log" 2>&1
}
run_killer() { timeout "$limit" "artifacts/bin/$1/release/$1" -noLogo -noColor -method "*.$2" >"$tree/run.log" 2>&1; }

# Where the killer's process finds the product: beside the tests, or in the executable that they start.
home_of() { if [[ $1 == Ingest.Crash.Tests ]]; then echo artifacts/ingest; else echo "artifacts/bin/$1/release"; fi; }

declare -A ready sound
prepare() {
  [[ -z ${ready[$1]:-} ]] || return 0
  quiet_build "tests/$1" || { cat "$tree/build.log"; echo "$1 does not build without a mutant"; exit 1; }
  if [[ $1 == Ingest.Crash.Tests ]]; then
    { make --no-print-directory build && checks/power/build.sh; } >"$tree/build.log" 2>&1 ||
      { cat "$tree/build.log"; echo "the executable does not build without a mutant"; exit 1; }
  fi
  cp -r "$(home_of "$1")" "artifacts/clean-$1"
  ready[$1]=1
}

# The killer passes without the mutant; asked once for each.
is_sound() {
  if [[ -z ${sound[$2]:-} ]]; then
    if run_killer "$1" "$2" && grep -qE 'Total: [1-9]' "$tree/run.log"; then sound[$2]=yes; else sound[$2]=no; fi
  fi
  [[ ${sound[$2]} == yes ]]
}

try_mutant() {
  local name=$1 project=$2 killer=$3 product assembly code
  is_sound "$project" "$killer" || { echo "the killer fails without the mutant, or is not there"; return; }
  git apply "$root/tests/mutants/$name.patch" 2>"$tree/build.log" || { echo "the patch does not apply"; return; }
  for product in $(products_of "$name"); do
    assembly=$(assembly_of "$product")
    if ! quiet_build "$product" --no-restore --no-dependencies; then
      echo "does not compile: $(grep -m1 -oE 'error [A-Z]+[0-9]+: .{0,90}' "$tree/build.log")"
      git apply -R "$root/tests/mutants/$name.patch"
      return
    fi
    cp "artifacts/bin/$assembly/release/$assembly.dll" "$(home_of "$project")/"
  done
  run_killer "$project" "$killer"
  code=$?
  for product in $(products_of "$name"); do
    cp "artifacts/clean-$project/$(assembly_of "$product").dll" "$(home_of "$project")/"
  done
  git apply -R "$root/tests/mutants/$name.patch"
  if [[ $code -eq 0 ]]; then echo survived; elif [[ $code -eq 124 ]]; then echo "killed (no end in $limit s)"; else echo killed; fi
}

killed=0 others=0
rows=("| Mutant | The bug | Killed by | Result | Seconds |" "|---|---|---|---|---|")
printf '%-42s %-30s %7s  %s\n' mutant result seconds "killed by"
for name in "${names[@]}"; do
  [[ -f $root/tests/mutants/$name.patch ]] || { echo "there is no tests/mutants/$name.patch"; exit 2; }
  project=$(head_of "$name" project) killer=$(head_of "$name" killer)
  prepare "$project"
  started=$(date +%s%N)
  result=$(try_mutant "$name" "$project" "$killer")
  # What a subshell learned of a killer is asked once more of the copy here; the time of the first look is not the mutant's.
  sound[$killer]=${sound[$killer]:-$([[ $result == "the killer"* ]] && echo no || echo yes)}
  seconds=$((($(date +%s%N) - started) / 1000000000))
  if [[ $result == killed* ]]; then killed=$((killed + 1)); else others=$((others + 1)); fi
  printf '%-42s %-30s %7s  %s\n' "$name" "$result" "$seconds" "$killer"
  rows+=("| $name | $(head_of "$name" what) | \`$killer\` | $result | $seconds |")
done
[[ -z ${TABLE:-} ]] || (cd "$root" && printf '%s\n' "${rows[@]}" >"$TABLE")
echo "$((killed + others)) mutants, $killed killed, $others not"
[[ $others -eq 0 ]]
