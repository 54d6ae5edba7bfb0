#!/usr/bin/env python3
"""What the built manifests must hold, beyond being valid. Arguments: the output of kustomize for base, production and adopt-orphan, and two files
to write: the cluster's rules as Prometheus reads them, and a test of them with the labels its ServiceMonitor gives."""
import re
import sys
from pathlib import Path

from common import DEPLOY, DRAIN_MARGIN, drain_seconds, expect, finish, load_all, size, yaml


def by_kind(objects, kind):
    return [o for o in objects if o["kind"] == kind]


def check_pod(name, template, grace_needed):
    spec = template["spec"]
    expect(spec["terminationGracePeriodSeconds"] >= grace_needed, f"{name}: killed before {grace_needed:.0f} s of drain are over")
    expect(spec["automountServiceAccountToken"] is False, f"{name}: has a token for the cluster's API")
    security = spec["securityContext"]
    expect(security["runAsNonRoot"] and security["runAsUser"] > 0 and security["fsGroup"] == security["runAsUser"], f"{name}: user")
    expect(security["seccompProfile"]["type"] == "RuntimeDefault", f"{name}: system calls are not restricted")
    for container in spec["containers"]:
        own = container["securityContext"]
        expect(own["readOnlyRootFilesystem"] and not own["allowPrivilegeEscalation"], f"{name}: may change itself")
        expect(own["capabilities"]["drop"] == ["ALL"], f"{name}: capabilities")
        resources = container["resources"]
        expect("memory" in resources["limits"], f"{name}: no memory limit")
        expect("cpu" not in resources["limits"], f"{name}: a processor limit stops the commit loop")
        mounts = {m["mountPath"] for m in container["volumeMounts"]}
        expect({"/var/lib/ingest", "/tmp"} <= mounts, f"{name}: mounts {mounts}")


def check_node(path, objects):
    stateful = by_kind(objects, "StatefulSet")[0]
    template, claim = stateful["spec"]["template"], stateful["spec"]["volumeClaimTemplates"][0]["spec"]
    settings = by_kind(objects, "ConfigMap")[0]
    name = f"{path} StatefulSet"
    check_pod(name, template, drain_seconds(settings["data"]) + DRAIN_MARGIN)
    container = template["spec"]["containers"][0]
    expect(container["envFrom"][0]["configMapRef"]["name"] == settings["metadata"]["name"], f"{name}: settings without their hash")
    expect("lifecycle" not in container, f"{name}: a preStop hook keeps SIGTERM, and with it the drain, back")
    for probe, ending in (("startupProbe", "live"), ("livenessProbe", "live"), ("readinessProbe", "ready")):
        expect(container[probe]["httpGet"]["path"] == f"/health/{ending}", f"{name}: {probe}")
    live = container["livenessProbe"]
    expect(live["periodSeconds"] * live["failureThreshold"] >= 30, f"{name}: a pause of the machine restarts the node")
    ready = container["readinessProbe"]
    expect(ready["periodSeconds"] * ready["failureThreshold"] <= 5, f"{name}: readiness is slower than the balancer delay")
    volume, log = size(claim["resources"]["requests"]["storage"]), size(settings["data"]["INGEST_Wal__BytesMax"])
    expect(log <= 0.8 * volume, f"{name}: a log of {log / 2**30:.0f} GiB has no room on {volume / 2**30:.0f} GiB")
    expect(claim["accessModes"] == ["ReadWriteOncePod"], f"{name}: two pods could mount one log")
    keep = stateful["spec"]["persistentVolumeClaimRetentionPolicy"]
    expect(set(keep.values()) == {"Retain"}, f"{name}: undelivered events are deleted with their node")
    labels = template["metadata"]["labels"].items()
    ports = {p["name"] for p in container["ports"]}
    for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
        for o in by_kind(objects, kind):
            selector = o["spec"].get("podSelector", o["spec"].get("selector"))
            selector = selector.get("matchLabels", selector)
            expect(selector.items() <= labels, f"{path}: {kind} {o['metadata']['name']} selects no node")
            for port in o["spec"].get("ports", []):
                expect(port["targetPort"] in ports, f"{path}: {kind} {o['metadata']['name']}: no port {port['targetPort']}")
    expect(by_kind(objects, "NetworkPolicy")[0]["spec"]["policyTypes"] == ["Ingress", "Egress"], f"{path}: traffic is open")
    for scaler in by_kind(objects, "HorizontalPodAutoscaler"):
        expect("replicas" not in stateful["spec"], f"{name}: every apply would undo the autoscaler")
        expect(scaler["spec"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"] >= 600, f"{path}: scales in hastily")
    return labels


def scraped_labels(objects):
    """The labels that Prometheus gives the series of one node, as the operator makes them from the ServiceMonitor."""
    monitor = by_kind(objects, "ServiceMonitor")[0]["spec"]
    wanted, port = monitor["selector"]["matchLabels"], monitor["endpoints"][0]["port"]
    services = [
        s for s in by_kind(objects, "Service")
        if wanted.items() <= s["metadata"]["labels"].items() and port in {p["name"] for p in s["spec"]["ports"]}
    ]
    expect(len(services) == 1, f"the ServiceMonitor finds {len(services)} services: each node is scraped as often")
    service = services[0]["metadata"]
    job = service["labels"].get(monitor["jobLabel"]) if "jobLabel" in monitor else None
    return {
        "job": job or service["name"], "namespace": service["namespace"], "service": service["name"], "endpoint": port,
        "container": "ingest", "pod": "ingest-0", "instance": "10.0.0.1:8081",
    }


def check_rules(objects, rules, test):
    """The cluster has the rules that stand in deploy/prometheus; writes a test of those that ask for a job, with the labels it gives."""
    own = load_all(DEPLOY / "prometheus/ingest.rules.yml")[0]["groups"]
    found = [o["spec"]["groups"] for o in by_kind(objects, "PrometheusRule")]
    expect(found == [own], "rules.yaml is not deploy/prometheus/ingest.rules.yml: run checks/deploy/rules_object.sh")
    rules.write_text(yaml.safe_dump({"groups": found[0] if found else []}))
    labels = scraped_labels(objects)
    labels_text = ", ".join(f'{k}="{v}"' for k, v in labels.items())
    by_job = sorted(r["alert"] for g in own for r in g["rules"] if "alert" in r and "job=" in r["expr"])
    expect(len(by_job) >= 3, f"only {by_job} ask for a job")
    cpu, lane = 'cpu_mode="user"', 'lane="kafka"'
    series = {
        f"up{{{labels_text}}}": "0x30",
        f"ingest_ready{{{labels_text}}}": "0x30",
        f"dotnet_process_cpu_time_seconds_total{{{labels_text}, {cpu}}}": "9 8 7 6 5 4 3x24",
        f"ingest_lane_lag_seconds{{{labels_text}, {lane}}}": "40x30",
        f'ingest_lane_state{{{labels_text}, {lane}, state="delivering"}}': "1x30",
    }
    backlog = ", ".join(f'{k}="{v}"' for k, v in labels.items())
    asked = [{"expr": "ingest:scalable_backlog:seconds", "eval_time": "9m",
              "exp_samples": [{"labels": f"ingest:scalable_backlog:seconds{{{backlog}}}", "value": 40}]}]
    for alert in by_job:
        asked.append({"expr": f'count by (alertname) (ALERTS{{alertname="{alert}", alertstate="firing"}})', "eval_time": "9m",
                      "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1}]})
    test.write_text(yaml.safe_dump({
        "rule_files": [str(rules)], "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "promql_expr_test": asked,
                   "input_series": [{"series": s, "values": v} for s, v in series.items()]}],
    }))
    for scaler in by_kind(objects, "HorizontalPodAutoscaler"):
        asked_for = {m["pods"]["metric"]["name"] for m in scaler["spec"]["metrics"] if m["type"] == "Pods"}
        offered = {r["name"]["as"]: re.match(r"[\w:]+", r["seriesQuery"])[0] for r in load_all(DEPLOY / "prometheus/adapter.yml")[0]["rules"]}
        recorded = {r["record"] for g in own for r in g["rules"] if "record" in r}
        for name in asked_for:
            expect(offered.get(name) in recorded, f"the autoscaler asks for {name}, which nothing in the cluster records")


def main(base, production, adopt, rules, test):
    for path in (base, production):
        labels = check_node(path.rsplit("/", 1)[-1], load_all(path))
    check_rules(load_all(production), Path(rules), Path(test))
    job = load_all(adopt)[0]
    template = job["spec"]["template"]
    check_pod("adoption", template, 30)
    expect(not labels <= template["metadata"]["labels"].items(), "adoption: the Service would send it events")
    policy = by_kind(load_all(production), "NetworkPolicy")[0]["spec"]["podSelector"]["matchLabels"]
    expect(policy.items() <= template["metadata"]["labels"].items(), "adoption: the network policy does not let it reach Kafka")
    finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
