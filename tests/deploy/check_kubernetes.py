#!/usr/bin/env python3
"""What the built manifests must hold, beyond being valid. Arguments: the output of kustomize for base, production and adopt-orphan."""
import sys

from common import DRAIN_MARGIN, drain_seconds, expect, finish, load_all, size


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


def main(base, production, adopt):
    for path in (base, production):
        labels = check_node(path.rsplit("/", 1)[-1], load_all(path))
    job = load_all(adopt)[0]
    template = job["spec"]["template"]
    check_pod("adoption", template, 30)
    expect(not labels <= template["metadata"]["labels"].items(), "adoption: the Service would send it events")
    policy = by_kind(load_all(production), "NetworkPolicy")[0]["spec"]["podSelector"]["matchLabels"]
    expect(policy.items() <= template["metadata"]["labels"].items(), "adoption: the network policy does not let it reach Kafka")
    finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
