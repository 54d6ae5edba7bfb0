#!/usr/bin/env bash
# Writes deploy/kubernetes/overlays/production/rules.yaml from deploy/prometheus/ingest.rules.yml: the same groups, as a PrometheusRule.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
{
  cat <<'HEAD'
# For the Prometheus operator: deploy/prometheus/ingest.rules.yml as an object of the cluster. checks/deploy/rules_object.sh writes it anew.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: ingest
spec:
HEAD
  sed -n '/^groups:/,$p' deploy/prometheus/ingest.rules.yml | sed 's/^\(.\)/  \1/'
} >deploy/kubernetes/overlays/production/rules.yaml
