#!/usr/bin/env bash
# Runs every test project and closes with one plain line: N passed, N failed, N skipped.
# Usage: tests/run.sh [project...]      default: all of tests/*.Tests
# TEST_PROJECTS_AT_ONCE=2: many tests wait for processes, disks and deadlines, so that two projects at once keep two cores busy. With three it
# takes no less, and nodes are slow for want of processors.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
at_once=${TEST_PROJECTS_AT_ONCE:-2}
results=artifacts/test-results
# Its clients and brokers go by deadlines of a second, and wait nearly all of the time: beside it the others yield their processors.
first=Ingest.Kafka.Tests
yields=10
projects=("$@")
if [[ ${#projects[@]} -eq 0 ]]; then
  longest=(Ingest.Crash.Tests Ingest.Worker.Tests)
  mapfile -t others < <(cd tests && ls -d ./*.Tests | sed 's|^\./||' | grep -vxF "$(printf '%s\n' "${longest[@]}" "$first")")
  projects=("${longest[@]}" "$first" "${others[@]}")
fi
# One build for all of them: the projects share most of what they compile.
dotnet build Ingest.sln -c Release --nologo -v quiet || { echo "the build failed"; echo "0 passed, 1 failed"; exit 1; }

# Most nodes live for a second or two here: compiling their methods for a long life is a third of the processor time of the suite. Where
# the tests are the work, and not the nodes they start, it pays off soon.
export DOTNET_TieredPGO=0
declare -A delays=([Ingest.Crash.Tests]=1000 [Ingest.Worker.Tests]=1000)
declare -A threads=([Ingest.Kafka.Tests]=3)

mkdir -p "$results"
passed=0 failed=0 skipped=0
failures=() reasons=

# Ports of their own for projects that run side by side.
run() {
  local niceness=$yields
  [[ $1 != "$first" ]] || niceness=0
  INGEST_TEST_PORTS_FROM=$((15000 + 2400 * $2)) DOTNET_TC_CallCountingDelayMs=${delays[$1]:-100} \
    nice -n "$niceness" timeout 1800 "artifacts/bin/$1/release/$1" -noLogo -noColor -longRunning 60 \
      -maxThreads "${threads[$1]:-default}" \
    -result-xml "$results/$1.xml" >"$results/$1.log" 2>&1
  echo $? >"$results/$1.code"
}

report() {
  local project=$1 log=$results/$1.log code summary bad off
  code=$(cat "$results/$project.code")
  echo "== $project"
  summary=$(grep -E 'Total: [0-9]+, Errors' "$log" | tail -1)
  count() { sed -nE "s/.*$1: ([0-9]+).*/\1/p" <<<"$summary"; }
  if [[ -z $summary ]]; then
    tail -40 "$log"
    echo "$project ended with code $code and without a summary"
    failed=$((failed + 1)) failures+=("$project: no summary")
    return
  fi
  bad=$(($(count Errors) + $(count Failed)))
  off=$(($(count Skipped) + $(count 'Not Run')))
  [[ $code -eq 0 || $bad -gt 0 ]] || bad=1
  if [[ $bad -gt 0 ]]; then
    grep -vE '^\s*(Discovering|Discovered|Starting|Finished):' "$log" | tail -150
    mapfile -t -O ${#failures[@]} failures < <(sed -nE 's/^ *(.*) \[FAIL\]$/\1/p' "$log")
    reasons+=$(grep -A14 -E '\[FAIL\]$' "$log")$'\n'
  fi
  passed=$((passed + $(count Total) - bad - off)) failed=$((failed + bad)) skipped=$((skipped + off))
  echo "   $summary" | sed -E 's/ +/ /g'
  # Why something was skipped: each reason once.
  grep -A1 -E '\[SKIP\]$' "$log" | grep -vE '\[SKIP\]$|^--$' | sed -E 's/^ +//' | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/   skipped \1: \2/'
}

for project in "${projects[@]}"; do
  rm -f "$results/$project.code"
done
waiting=("${projects[@]}") running=0 started=0 unreported=("${projects[@]}")
while ((${#unreported[@]} > 0)); do
  while ((running < at_once && ${#waiting[@]} > 0)); do
    run "${waiting[0]}" $((started % 7)) &
    waiting=("${waiting[@]:1}") running=$((running + 1)) started=$((started + 1))
  done
  wait -n
  running=$((running - 1)) left=()
  for project in "${unreported[@]}"; do
    if [[ -s $results/$project.code ]]; then report "$project"; else left+=("$project"); fi
  done
  unreported=("${left[@]}")
done
# Again at the end, where they are seen.
((${#failures[@]} == 0)) || { printf '%s' "$reasons"; printf 'FAILED: %s\n' "${failures[@]}"; }
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
