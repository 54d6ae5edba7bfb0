#!/usr/bin/env bash
# Tries to lose an event, for MINUTES, and prints what came of it: checks/proof.sh [MINUTES=30] [--table FILE] [ROW...]
# Each row is a campaign of the tests, run again and again with another seed for its share of the time, once at least, and
# PROOF_ROWS_AT_ONCE=3 of them at once. SEED=N is the first seed. A row that does not hold says so with its seed, and the exit code is 1.
# The table is left in artifacts/proof.md, what the campaigns print in artifacts/proof; --table puts the table between the marks of a page.
# Then checks/peers.sh does the same to other stores.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
minutes=30 page='' only=()
while (($#)); do
  case $1 in
    --table) page=$2; shift 2 ;;
    *[!0-9]*) only+=("$1"); shift ;;
    *) minutes=$1; shift ;;
  esac
done
seed=${SEED:-1}
histories=10000 tails=3000
out=artifacts/proof

# Name, project, method of each row, and what it does.
read -r -d '' rows <<'ROWS'
power-cut Wal *.ModelTests.No_history_* power cut: the log on a simulated disk
power-loss Crash *PowerCutTests.Power_cuts_* power cut: the real executable on a file system that forgets
kill Crash *.KillTests.Kills_under_load_* `kill -9` under load
kill-at-call Crash *.KilledCallTests.* `kill -9` at a chosen system call
eio Crash *.DiskFailureTests.A_failing_call_* EIO, EROFS, ENOSPC: a call that fails once
enospc Crash *.DiskFullTests.* ENOSPC: a full disk, also at a start
bit-flip Wal *.DamagedTailTests.* bit flip, zeros, cut, an older copy (simulated)
lying-disk Wal *.LyingDiskTests.* lying disk: flushes that were not done (simulated)
dead-sink Crash *.DeadSinkTests.* dead sink, with kills
poison Crash *.DeadLetterKillTests.Killed_around_* poison, requeues and kills, over HTTP
clock-step Crash *.ClockStepTests.* clock step of up to three days, with kills
rolling-restart Crash *.FleetTests.Restarted_in_turn_* rolling restart of three nodes
adoption Crash *.FleetTests.A_node_killed_* adoption of a killed node's log
ROWS
chosen=()
while read -r row; do
  if [[ ${#only[@]} -eq 0 || " ${only[*]} " == *" ${row%% *} "* ]]; then chosen+=("$row"); fi
done <<<"$rows"
[[ ${#chosen[@]} -gt 0 ]] || { echo "There is no such row. There are: $(cut -d' ' -f1 <<<"$rows" | paste -sd' ')"; exit 2; }
# As many rounds in a campaign as a quarter of an hour of them is worth; make test has fewer.
export INGEST_TEST_KILL_ROUNDS=30 INGEST_TEST_POWER_ROUNDS=15 INGEST_TEST_CLOCK_ROUNDS=8
# Most rows wait for processes and deadlines: so many at once keep two cores busy, and MINUTES is about what all take together.
at_once=${PROOF_ROWS_AT_ONCE:-3}
((at_once <= ${#chosen[@]})) || at_once=${#chosen[@]}
share=$((minutes * 60 * at_once / ${#chosen[@]}))

mkdir -p "$out"
# BUILT=1: what is built already is tried.
if [[ -z ${BUILT:-} ]]; then
  tests/tools.sh
  make --no-print-directory build
  for project in Wal Crash; do
    dotnet build "tests/Ingest.$project.Tests" -c Release --nologo -v quiet || exit 1
  done
  # Without it the row says that it was not run, and why.
  [[ " ${chosen[*]}" != *" power-loss "* && ${chosen[0]} != "power-loss "* ]] || checks/power/build.sh
fi

# Adds up one figure of the campaigns' lines, or finds its greatest value in seconds; a dash where no run judged it.
figure() {
  awk -v key="$2" -v most="${3:-}" '{ for (i = 1; i <= NF; i++) if (split($i, pair, "=") == 2 && pair[1] == key && pair[2] != "-") {
      n++; sum += pair[2]; if (pair[2] > max) max = pair[2] } }
    END { if (!n) printf "–"; else if (most) printf "%.1f s", max / 1000; else printf "%d", sum }' "$1"
}

# Runs a campaign once with a seed; the simulated ones go on with the next histories.
campaign() {
  local project=Ingest.$1.Tests method=$2 number=$3
  INGEST_SEED=$number WAL_MODEL_FIRST=$((1 + (number - 1) * histories)) WAL_MODEL_COUNT=$histories DOTNET_TieredPGO=0 \
    WAL_TAIL_FIRST=$((1 + (number - 1) * tails)) WAL_TAIL_COUNT=$tails \
    timeout 900 "artifacts/bin/$project/release/$project" -noLogo -noColor -showLiveOutput -method "$method"
}

# Of the deliberate bugs of a row's kind (row: in a patch), how many the tests named for them noticed when they were last tried.
mutants() {
  local patch name killed=0 all=0
  for patch in $(grep -lx "row: $1" tests/mutants/*.patch); do
    name=$(basename "$patch" .patch)
    all=$((all + 1))
    grep -q "^| $name |.*| killed" artifacts/mutants.md 2>/dev/null && killed=$((killed + 1))
  done
  if ((all == 0)); then echo –; elif [[ -f artifacts/mutants.md ]]; then echo "$killed of $all"; else echo "not tried"; fi
}

# Runs a row until its share of the time is over, or there is no time for one more run, and leaves its line of the table.
run_row() {
  local name project method what log figures ends took=0 began runs=0 result=held line key code
  read -r name project method what <<<"$1"
  log=$out/$name.log figures=$out/$name.figures
  : >"$log"
  : >"$figures"
  ends=$(($(date +%s) + share))
  while [[ $result == held ]] && ((runs == 0 || $(date +%s) + took <= ends)); do
    began=$(date +%s)
    campaign "$project" "$method" $((seed + runs)) >"$log.run" 2>&1
    code=$?
    cat "$log.run" >>"$log"
    grep -o 'proof: .*' "$log.run" >>"$figures"
    if [[ $code -ne 0 ]]; then
      result="FAILED at seed $((seed + runs)), see $log"
    elif ! grep -q 'proof: ' "$log.run"; then
      result="not run: $(grep -A1 -m1 '\[SKIP\]' "$log.run" | sed -n '2s/^ *//p')"
    fi
    runs=$((runs + 1)) took=$(($(date +%s) - began))
  done
  rm -f "$log.run"
  line="| $what | $runs"
  for key in injections acknowledged lost twice misordered false; do
    line+=" | $(figure "$figures" "$key")"
  done
  line+=" | $(figure "$figures" recovery_ms most) | $(mutants "$name") | $result | $seed to $((seed + runs - 1))"
  echo "$line | \`SEED=$seed checks/proof.sh $minutes $name\` |" >"$out/$name.row"
}

head="| Fault | Runs | Injections | Acknowledged | Lost | Twice | Out of order | False answers | Slowest recovery | Mutants killed"
lines=("$head | Result | Seeds | Command |" "|---|---|---|---|---|---|---|---|---|---|---|---|---|")
# The nodes of each row have ports of their own.
ports=${INGEST_TEST_PORTS_FROM:-15000}
for index in "${!chosen[@]}"; do
  row=${chosen[index]}
  rm -f "$out/${row%% *}.row"
  while (($(jobs -rp | wc -l) >= at_once)); do wait -n; done
  INGEST_TEST_PORTS_FROM=$((ports + 1200 * index)) run_row "$row" &
done
wait
bad=0
for row in "${chosen[@]}"; do
  lines+=("$(<"$out/${row%% *}.row")")
  echo "${lines[-1]}"
  [[ ${lines[-1]} != *"| FAILED at "* ]] || bad=1
done

where="$(nproc) processors, commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown), $(date -u +%F)"
{
  printf '%s\n' "${lines[@]}"
  printf '\n%s\n' "$minutes minutes, $where."
} >artifacts/proof.md
if [[ -n $page ]]; then
  awk '/<!-- proof -->/ { print; while ((getline line < "artifacts/proof.md") > 0) print line; skip = 1 }
    /<!-- \/proof -->/ { skip = 0 } !skip' "$page" >"$page.new" && mv "$page.new" "$page"
fi
printf '\n%s\n' "Left in artifacts/proof.md."
# Peers beside them, for a third of the time more; PEERS=0 leaves them out.
if [[ ${#only[@]} -eq 0 && ${PEERS:-1} != 0 ]]; then
  BUILT=1 checks/peers.sh $(((minutes + 2) / 3)) ${page:+--table "$page"} || bad=1
fi
exit "$bad"
