#!/usr/bin/env bash
# Checks everything under deploy/ and the documents that go with it, as far as this machine has the tools; says what it did not run.
# Usage: checks/deploy/lint.sh [--strict]     --strict: what cannot be run counts as failed
# Ends with one plain line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
PATH="$PWD/artifacts/tools:$PATH:/usr/sbin:/sbin"
export PYTHONDONTWRITEBYTECODE=1
strict=no
[[ ${1:-} == --strict ]] && strict=yes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# check NAME COMMAND...: silent when it holds, its output when not. Exit code 77 means that a tool is missing.
check() {
  local name=$1 code
  shift
  "$@" >"$work/out" 2>&1
  code=$?
  if [[ $code -eq 77 && $strict == no ]]; then
    skipped=$((skipped + 1))
    echo "not run $name: $(tail -1 "$work/out")"
  elif [[ $code -ne 0 ]]; then
    failed=$((failed + 1))
    echo "FAILED  $name"
    sed 's/^/          /' "$work/out" | tail -60
  else
    passed=$((passed + 1))
    echo "ok      $name"
  fi
}

need() {
  command -v "$1" >/dev/null || { echo "$1 is not installed"; return 77; }
}

haproxy_reads_its_configuration() {
  need haproxy || return
  HAPROXY_NODE_1=127.0.0.1:8080 HAPROXY_NODE_2=127.0.0.1:8082 HAPROXY_NODE_3=127.0.0.1:8084 haproxy -c -f deploy/haproxy/haproxy.cfg
}

systemd_accepts_the_unit() {
  need systemd-analyze || return
  # The executable is not installed here; everything else is as it stands.
  sed 's#/usr/local/bin/ingest#/bin/true#' deploy/systemd/ingest.service >"$work/ingest.service"
  systemd-analyze verify --man=no "$work/ingest.service" 2>&1 | tee "$work/verify"
  [[ ! -s $work/verify ]]
}

systemd_finds_the_unit_confined() {
  need systemd-analyze || return
  cp deploy/systemd/ingest.service "$work/ingest.service"
  # In tenths: 0 is nothing at all exposed, 100 everything. What is left is the network, and machine code made at run time.
  systemd-analyze security --offline=true --no-pager --threshold=15 "$work/ingest.service"
}

kustomize_builds() {
  need kubectl || return
  kubectl kustomize "deploy/kubernetes/$1" >"$work/$(basename "$1").yaml"
}

kubernetes_keeps_its_rules() {
  [[ -s $work/base.yaml ]] || { echo "nothing was built without kubectl"; return 77; }
  python3 checks/deploy/check_kubernetes.py "$work/base.yaml" "$work/production.yaml" "$work/adopt-orphan.yaml" \
    "$work/cluster.rules.yml" "$work/cluster.test.yml"
}

cluster_alerts_fire() {
  [[ -s $work/cluster.test.yml ]] || { echo "nothing was built without kubectl"; return 77; }
  promtool_accepts test rules "$work/cluster.test.yml"
}

promtool_accepts() {
  need promtool || return
  promtool "$@"
}

worker_accepts_every_setting() {
  [[ -x artifacts/ingest/ingest ]] || { echo "artifacts/ingest/ingest is not built"; return 77; }
  local built=() name
  for name in base production adopt-orphan; do
    [[ -s $work/$name.yaml ]] && built+=("$work/$name.yaml")
  done
  python3 checks/deploy/check_settings.py artifacts/ingest/ingest "${built[@]}"
}

worker_runs_confined() {
  [[ -x artifacts/ingest/ingest ]] || { echo "artifacts/ingest/ingest is not built"; return 77; }
  python3 checks/deploy/confined_test.py artifacts/ingest/ingest
}

build_installs() {
  [[ -x artifacts/ingest/ingest ]] || { echo "artifacts/ingest/ingest is not built"; return 77; }
  checks/deploy/install_test.sh artifacts/ingest
}

scripts_are_sound() {
  need shellcheck || return
  shellcheck checks/deploy/*.sh deploy/*.sh
}

check "YAML and JSON can be read" python3 checks/deploy/check_files.py
check "the Dockerfile keeps its rules" python3 checks/deploy/check_dockerfile.py
check "the compose file keeps its rules" python3 checks/deploy/check_compose.py
check "HAProxy reads its configuration" haproxy_reads_its_configuration
check "HAProxy does what its comments say" python3 checks/deploy/haproxy_test.py
check "the image's health check asks liveness within milliseconds" python3 checks/deploy/live_test.py
check "the unit keeps its rules" python3 checks/deploy/check_systemd.py
check "systemd accepts the unit" systemd_accepts_the_unit
check "systemd finds the unit confined" systemd_finds_the_unit_confined
for overlay in base overlays/production adopt-orphan; do
  check "Kustomize builds $overlay" kustomize_builds "$overlay"
done
check "the cluster's objects keep their rules" kubernetes_keeps_its_rules
check "alerts and the autoscaler's series work with the labels of the cluster" cluster_alerts_fire
check "Prometheus accepts the rules" promtool_accepts check rules deploy/prometheus/ingest.rules.yml
check "each alert fires when it should, and only then" promtool_accepts test rules checks/deploy/ingest.rules.test.yml
check "Prometheus accepts its configuration" promtool_accepts check config --syntax-only deploy/prometheus/prometheus.yml
check "the dashboard is sound" python3 checks/deploy/check_dashboard.py "$work"
check "every metric in rules and dashboard is one of ours" python3 checks/deploy/check_metrics.py
check "every alert has an entry, every link an end" python3 checks/deploy/check_documents.py
check "the worker accepts every setting, and the documents tell its defaults" worker_accepts_every_setting
check "the worker runs without rights, and calls nothing the unit forbids" worker_runs_confined
check "make install puts everything in its place" build_installs
check "shell scripts are sound" scripts_are_sound

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
