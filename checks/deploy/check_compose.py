#!/usr/bin/env python3
"""Every service of the compose file has limits and outlives its drain, and what it mounts is there."""
from common import DEPLOY, DRAIN_MARGIN, drain_seconds, expect, finish, load_all, seconds, size

compose = load_all(DEPLOY / "compose.yaml")[0]
services = compose["services"]
nodes = {n: s for n, s in services.items() if n.startswith("ingest-")}
expect(len(nodes) >= 2, "fewer than two nodes")
for name, service in services.items():
    expect("mem_limit" in service, f"{name} has no memory limit")
    expect("options" in service.get("logging", {}), f"{name}'s logs grow without end")
    expect(service.get("restart") == "unless-stopped", f"{name} stays down after a failure")
    expect(not service["image"].endswith(":latest") and ":" in service["image"], f"{name}'s image has no version")
    for mount in service.get("volumes", []):
        source = mount.split(":")[0]
        there = (DEPLOY / source).exists() if source.startswith(".") else source in compose["volumes"]
        expect(there, f"{name} mounts {source}, which is not there")
    for network in service["networks"]:
        expect(network in compose["networks"], f"{name}: unknown network {network}")
    if name not in ("kafka", "prometheus", "grafana"):
        expect("stop_grace_period" in service, f"{name} is killed after Docker's ten seconds")

# Compose copies what comes from the environment or the file itself into the container, and refuses to do so on a read-only one.
for kind in ("secrets", "configs"):
    for name, service in services.items():
        for used in service.get(kind, []):
            source = used if isinstance(used, str) else used["source"]
            expect(source in compose.get(kind, {}), f"{name}: unknown {kind[:-1]} {source}")
            copied = {"environment", "content"} & set(compose.get(kind, {}).get(source, {}))
            expect(not (copied and service.get("read_only")), f"{name} is read-only: Compose refuses to copy {source} into it")
images = {}
for name, service in services.items():
    images.setdefault(service["image"], []).append(name)
for image, users in images.items():
    builders = [n for n in users if "build" in services[n]]
    expect(len(builders) <= 1, f"{' and '.join(builders)} build the same tag {image}")
expect(any("build" in s for s in nodes.values()), "no service builds the nodes' image")

volumes = [m.split(":")[0] for s in nodes.values() for m in s["volumes"]]
expect(len(set(volumes)) == len(nodes), "two nodes share a log")
for name, node in nodes.items():
    settings = node["environment"]
    drain = drain_seconds(settings)
    expect(seconds(node["stop_grace_period"]) >= drain + DRAIN_MARGIN, f"{name} is killed before its drain of {drain:.0f} s ends")
    expect(node["read_only"] and node["cap_drop"] == ["ALL"], f"{name} may do more than it needs")
    expect("INGEST_Admin__Token" in settings, f"{name}'s admin listener is open")
    expect(node["memswap_limit"] == node["mem_limit"], f"{name} may swap")
    expect(size(node["mem_limit"]) >= 2**29, f"{name} has too little memory for its buffers")
targets = load_all(DEPLOY / "prometheus/prometheus.yml")[0]["scrape_configs"][0]["static_configs"][0]["targets"]
expect({t.split(":")[0] for t in targets} == set(nodes), "Prometheus does not look at every node")
haproxy = (DEPLOY / "haproxy/haproxy.cfg").read_text()
for name in nodes:
    expect(f"-{name}:8080" in haproxy, f"HAProxy does not know {name}")
finish()
