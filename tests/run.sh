#!/usr/bin/env bash
# Runs every test project and closes with one plain line: N passed, N failed, N skipped.
# Usage: tests/run.sh [project...]      default: all of tests/*.Tests
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
projects=("$@")
if [[ ${#projects[@]} -eq 0 ]]; then
  for directory in tests/*.Tests; do
    projects+=("$(basename "$directory")")
  done
fi
# One build for all of them: the projects share most of what they compile.
dotnet build Ingest.sln -c Release --nologo -v quiet || { echo "the build failed"; echo "0 passed, 1 failed"; exit 1; }

passed=0 failed=0 skipped=0
failures=()
for project in "${projects[@]}"; do
  log=artifacts/test-results/$project.log
  mkdir -p artifacts/test-results
  echo "== $project"
  timeout 900 "artifacts/bin/$project/release/$project" -noLogo -noColor -longRunning 60 >"$log" 2>&1
  code=$?
  summary=$(grep -E 'Total: [0-9]+, Errors' "$log" | tail -1)
  count() { sed -nE "s/.*$1: ([0-9]+).*/\1/p" <<<"$summary"; }
  if [[ -z $summary ]]; then
    tail -40 "$log"
    echo "$project ended with code $code and without a summary"
    failed=$((failed + 1)) failures+=("$project: no summary")
    continue
  fi
  bad=$(($(count Errors) + $(count Failed)))
  off=$(($(count Skipped) + $(count 'Not Run')))
  [[ $code -eq 0 || $bad -gt 0 ]] || bad=1
  if [[ $bad -gt 0 ]]; then
    grep -vE '^\s*(Discovering|Discovered|Starting|Finished):' "$log" | tail -150
    mapfile -t -O ${#failures[@]} failures < <(sed -nE 's/^ *(.*) \[FAIL\]$/\1/p' "$log")
  fi
  passed=$((passed + $(count Total) - bad - off)) failed=$((failed + bad)) skipped=$((skipped + off))
  echo "   $summary" | sed -E 's/ +/ /g'
  # Why something was skipped: each reason once.
  grep -A1 -E '\[SKIP\]$' "$log" | grep -vE '\[SKIP\]$|^--$' | sed -E 's/^ +//' | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/   skipped \1: \2/'
done
# Again at the end, where they are seen.
((${#failures[@]} == 0)) || printf 'FAILED: %s\n' "${failures[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
