# make build: artifacts/ingest/ingest    make run: the worker with its embedded default    make test: everything that must hold
SHELL := /bin/bash
CONFIGURATION ?= Release
DATA ?= ./data
ROUNDS ?= 5
SECONDS_EACH ?= 5
FLEET_RATE ?= 5000
FLEET_SECONDS ?= 60

.PHONY: install build run test bench stress abuse fleet cgroup clean tools

build:
	@dotnet publish src/Ingest.Worker/Ingest.Worker.csproj -c $(CONFIGURATION) -o artifacts/ingest --nologo -v quiet
	@echo "built artifacts/ingest/ingest"

run: build
	@exec artifacts/ingest/ingest serve --data $(DATA)

# PREFIX=/usr/local: $(PREFIX)/bin/ingest, lib/ingest, share/doc/ingest, the systemd unit; settings in /etc/ingest. DESTDIR stages it elsewhere.
install: build
	@deploy/install.sh artifacts/ingest

# promtool and shellcheck are not installed but unpacked; without them their checks of deploy/ are skipped.
tools:
	@tests/tools.sh
	@tests/deploy/tools.sh 2>/dev/null || echo "promtool and shellcheck could not be had: their checks of deploy/ are skipped"

test: tools build
	@tests/run.sh

# Side by side with a bare server and a usual one, both of which keep nothing: quote the ratios, not the absolute figures.
bench: build
	@tests/Ingest.Benchmarks/compare.sh $(ROUNDS) $(SECONDS_EACH)

.PHONY: bench-floor bench-kafka chart faults

# The same with a third server, which does nothing but flush: how much of the distance to the bare one is the disk.
bench-floor: build
	@tests/Ingest.Benchmarks/compare.sh $(ROUNDS) $(SECONDS_EACH) flush

# A backlog into Kafka beside a bare produce loop, in one run; then an outage of 60 s under load.
bench-kafka:
	@tests/Ingest.Benchmarks/kafka.sh

# docs/aimd.svg: a lane's window, latency and throughput through a capacity drop and an outage.
chart:
	@tests/Ingest.Benchmarks/chart.sh

# Every fault between the node and the brokers, and what came of it, as a table; about three minutes.
faults:
	@tests/faults.sh

# Longer runs that print figures: kills under load, a large backlog, the test suite again and again.
stress: build
	@tests/stress/kills.sh && tests/stress/backlog.sh

# Everything hostile or broken we know of, at the real executable, with honest producers beside it: a table of expected and got.
abuse: build
	@dotnet run --project tests/Ingest.Abuse -c $(CONFIGURATION) -- $(ABUSE)

# Three nodes behind HAProxy under load: a rolling restart, and kill -9 with adoption. Prints failed, lost and duplicated requests.
fleet: tools build
	@tests/stress/fleet.sh $(FLEET_RATE) $(FLEET_SECONDS)

# A node in a control group with little memory, as root: health flips once, and not for page cache. Draws docs/memory.svg.
cgroup: tools build
	@tests/stress/cgroup.sh

clean:
	@rm -rf artifacts
