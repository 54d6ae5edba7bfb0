# make help lists the targets by what they are for.
SHELL := /bin/bash
CONFIGURATION ?= Release
DATA ?= ./data
ROUNDS ?= 5
SECONDS_EACH ?= 5
FLEET_RATE ?= 5000
FLEET_SECONDS ?= 60
LETTERS ?= 200000
LETTER_ROUNDS ?= 3
STORE_ROUNDS ?= 100
MINUTES ?= 30
HISTORIES ?= 100000
HISTORIES_FROM ?= 1
NODE_HISTORIES ?= $(shell expr $(HISTORIES) / 100 + 1)
WORKERS ?= $(shell nproc)

.PHONY: help install packages build run test bench stress abuse fleet cgroup clean tools

# The first target: what a bare make does is still build.
.DEFAULT_GOAL := build

build: ## Use it: artifacts/ingest/ingest
	@dotnet publish src/Ingest.Worker/Ingest.Worker.csproj -c $(CONFIGURATION) -o artifacts/ingest --nologo -v quiet
	@echo "built artifacts/ingest/ingest"

run: build ## Use it: a node with its embedded default, http://127.0.0.1:8080, data in DATA=./data
	@exec artifacts/ingest/ingest serve --data $(DATA)

# PREFIX=/usr/local: $(PREFIX)/bin/ingest, lib/ingest, share/doc/ingest, the systemd unit; settings in /etc/ingest. DESTDIR stages it elsewhere.
install: build ## Use it: program, documents and systemd unit below PREFIX=/usr/local (DESTDIR stages it)
	@deploy/install.sh artifacts/ingest

# artifacts/dist: for each system a tarball that needs no runtime and a Debian package, a bill of materials, checksums; then tried.
.PHONY: dist
dist: ## Use it: self-contained tarballs and Debian packages in artifacts/dist (SYSTEMS='linux-x64 linux-arm64'), tried
	@deploy/dist.sh $(SYSTEMS) && checks/deploy/dist_test.sh artifacts/dist

# The page of the admin listener is one file in the tree, so that a build needs no npm: made anew after a change of its sources.
.PHONY: console
console: ## Change it: bundles src/Ingest.Console into the page that the executable has (needs npm)
	@cd src/Ingest.Console && npm ci --no-audit --no-fund --loglevel=error && npm run --silent check && npm run --silent build

# artifacts/packages/*.nupkg, with what they say of themselves checked and the sample built and run from them.
packages: ## Use it: the libraries as NuGet packages in artifacts/packages, tried by the sample
	@checks/packages.sh

# promtool and shellcheck are not installed but unpacked; without them their checks of deploy/ are skipped.
tools: ## Tidy up: what tests need and is not installed, unpacked into artifacts/tools
	@tests/tools.sh
	@checks/power/build.sh --only-build || echo "power cuts of the executable are skipped"
	@checks/deploy/tools.sh 2>/dev/null || echo "promtool and shellcheck could not be had: their checks of deploy/ are skipped"

test: tools build ## Check it: everything that must hold, in under 10 minutes
	@tests/run.sh

# Every row of the table of targets, or some: PART='closed busy open http2 memory gc allocation start kafka peers growth'. Quote the ratios, not
# the absolute figures. KEEP=1 appends to docs/bench/history.jsonl, which bench-charts draws.
PART ?=
bench: build ## Measure it: every target beside a bare server and a usual one, met or not (PART, ROUNDS, SECONDS_EACH, KEEP)
	@ROUNDS=$(ROUNDS) SECONDS_EACH=$(SECONDS_EACH) KEEP=$(KEEP) tests/Ingest.Benchmarks/bench.sh $(PART)

.PHONY: bench-charts
bench-charts: ## Measure it: docs/bench/*.svg, from the history of make bench
	@python3 tests/Ingest.Benchmarks/charts.py

# Times, allocations and instructions of the hot pieces alone.
.PHONY: bench-pieces
bench-pieces: ## Measure it: the hot pieces of an event's way, by BenchmarkDotNet
	@dotnet build tests/Ingest.Benchmarks/pieces -c Release --nologo -v quiet
	@artifacts/bin/Ingest.Pieces/release/Ingest.Pieces

.PHONY: bench-before bench-floor bench-kafka bench-deadletters store-faults chart faults isolation clients mutants simulate proof power nights soak

# The same with a third server, which does nothing but flush: how much of the distance to the bare one is the disk.
bench-floor: build ## Measure it: the closed loops with a server that only flushes
	@ROUNDS=$(ROUNDS) SECONDS_EACH=$(SECONDS_EACH) BENCH_FLUSH=1 tests/Ingest.Benchmarks/bench.sh closed

# Paired with the build of an earlier commit: BEFORE=<commit>; a backlog and intake, into the discard sink and into files.
bench-before: build ## Measure it: beside the build of an earlier commit (BEFORE, ROUNDS, SECONDS_EACH)
	@tests/Ingest.Benchmarks/before.sh $(BEFORE) $(ROUNDS) $(SECONDS_EACH)

# A backlog into Kafka beside a bare produce loop, in one run; then an outage of 60 s under load.
bench-kafka: ## Measure it: delivery beside a bare produce loop, and an outage
	@tests/Ingest.Benchmarks/kafka.sh

# 200,000 letters in memory and in LiteDB: filled, asked, started with, requeued. LETTERS=1000000 LETTER_ROUNDS=1 for more.
bench-deadletters: ## Measure it: the stores of dead letters beside each other, as a table (LETTERS, LETTER_ROUNDS)
	@dotnet build tests/Ingest.Benchmarks/deadletters -c Release --nologo -v quiet
	@artifacts/bin/Ingest.DeadLetterBench/release/Ingest.DeadLetterBench $(LETTERS) $(LETTER_ROUNDS)

# docs/aimd.svg: a lane's window, latency and throughput through a capacity drop and an outage.
chart: ## Measure it: docs/aimd.svg, the window through a capacity drop and an outage
	@tests/Ingest.Benchmarks/chart.sh

# Every fault between the node and the brokers, and what came of it, as a table; about three minutes.
faults: ## Check it: every fault between a node and the brokers, as a table
	@checks/faults.sh

# 100 kills while dead letters come and go, the store's files damaged between them; INGEST_SEED repeats a run, STORE_ROUNDS sets how many.
store-faults: build ## Check it: the store of dead letters killed and damaged at random (STORE_ROUNDS, INGEST_SEED)
	@dotnet build tests/Ingest.Crash.Tests -c Release --nologo -v quiet
	@INGEST_TEST_STORE_ROUNDS=$(STORE_ROUNDS) artifacts/bin/Ingest.Crash.Tests/release/Ingest.Crash.Tests -noLogo -noColor \
	    -showLiveOutput -class Ingest.Crash.Tests.Store.StoreFaultTests

# One of several streams, keys or events refused in every way, over HTTP, Kafka and files; about five minutes.
isolation: ## Check it: one bad stream, key or event beside good ones, as a table
	@checks/isolation.sh

# Power cuts, kills, failing, full, lying and damaged disks, dead sinks, poison, clock steps, restarts and adoption: a row and a figure each.
proof: ## Check it: tries to lose an event by every means there is, as a table, with peers beside (MINUTES, SEED, PEERS=0)
	@checks/proof.sh $(MINUTES)

# Root, /dev/fuse, gcc and libfuse3-dev; the latter two are installed where they are missing.
power: ## Check it: power cuts of the executable, on a file system that forgets what was not flushed (SEED)
	@checks/power/cuts.sh

# A slow and a dead broker, poison, a disk nearly full, memory pressure: what page, metrics and commands say, as the handbook shows it.
nights: build ## Check it: five faults at a real node, and what docs/operating.md says is seen of each (NIGHT)
	@checks/nights.sh "$(NIGHT)"

# Two nodes for MINUTES: one passes on to the other, which is killed, held up and filled; the first must lose nothing and must not grow.
soak: build ## Check it: everything at once for a long time; memory, handles and threads stay flat (MINUTES, SEED, RATE)
	@checks/soak.sh $(MINUTES)

# Random histories of the log on the simulated disk, and some of them twice; then NODE_HISTORIES of whole nodes, by default one in a hundred
# as many, in WORKERS processes. HISTORIES=1000000 takes half an hour on two cores that do nothing else. A failure prints its seed and its
# steps, made as few as possible.
simulate: ## Check it: random histories of the log, and of whole nodes, in simulation (HISTORIES, HISTORIES_FROM, NODE_HISTORIES, WORKERS)
	@dotnet build tests/Ingest.Wal.Tests -c Release --nologo -v quiet
	@dotnet build tests/Ingest.Tests -c Release --nologo -v quiet
	@echo "at commit $$(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
	@DOTNET_TieredPGO=0 WAL_MODEL_COUNT=$(HISTORIES) WAL_MODEL_FIRST=$(HISTORIES_FROM) \
	    artifacts/bin/Ingest.Wal.Tests/release/Ingest.Wal.Tests -noLogo -noColor -showLiveOutput \
	    -method '*.ModelTests.No_history*' -method '*.DeterminismTests.*'
	@artifacts/bin/Ingest.Tests/release/Ingest.Tests -noLogo -noColor -showLiveOutput -method '*.NodeSimulationTests.A_history_that_is_run_twice*'
	@artifacts/bin/Ingest.Tests/release/Ingest.Simulation run $(NODE_HISTORIES) $(HISTORIES_FROM) $(WORKERS)

# Deliberate bugs, one at a time in a copy of the tree: each has to fail the test it names. MUTANTS='name name' for some.
mutants: ## Check it: deliberate bugs, each of which a test has to notice, as a table (MUTANTS)
	@TABLE=artifacts/mutants.md tests/mutants.sh $(MUTANTS)

# Longer runs that print figures: kills under load, a large backlog, the test suite again and again.
stress: build ## Check it: kills under load, a large backlog, the suite again and again
	@checks/stress/kills.sh && checks/stress/backlog.sh

# Everything hostile or broken we know of, at the real executable, with honest producers beside it: a table of expected and got.
abuse: build ## Check it: everything hostile or broken, at the real executable, as a table
	@dotnet run --project tests/Ingest.Abuse -c $(CONFIGURATION) -- $(ABUSE)

# Everything that reads foreign bytes, in process and led by coverage. TARGET=json for one; KEEP=1 puts what was found into the tree's
# corpus, which the tests replay; REPLAY=FILE with TARGET runs one input.
.PHONY: fuzz
fuzz: ## Check it: readers of foreign bytes, fuzzed with coverage, as a table (MINUTES, TARGET, KEEP, REPLAY)
	@tests/Ingest.Fuzz/fuzz.sh "$(MINUTES)" "$(TARGET)" "$(KEEP)" "$(REPLAY)"

# Real clients from npm, NuGet and Debian, each undisturbed, through a drain, a stream switched off, and kill -9; docs/clients.md gets the table.
clients: tools build ## Check it: real clients of every dialect, and the table of docs/clients.md
	@dotnet build tests/Ingest.MockCluster -c $(CONFIGURATION) --nologo -v quiet
	@checks/clients/run.sh --table docs/clients.md $(CLIENTS)

# Three nodes behind HAProxy under load: a rolling restart, and kill -9 with adoption. Prints failed, lost and duplicated requests.
fleet: tools build ## Check it: three nodes behind HAProxy under load: rolling restart, kill -9, adoption
	@checks/stress/fleet.sh $(FLEET_RATE) $(FLEET_SECONDS)

# A node in a control group with little memory, as root: health flips once, and not for page cache. Draws docs/memory.svg.
cgroup: tools build ## Check it: memory pressure in a small container, as root; draws docs/memory.svg
	@checks/stress/cgroup.sh

clean: ## Tidy up: removes artifacts
	@rm -rf artifacts

# Each target's line ends in ## and its purpose and text; one without is listed last.
help: ## Tidy up: this list
	@awk -F ' *## *' '/^[a-z][a-z-]*:/ { split($$1, name, ":"); text = NF > 1 ? $$2 : "Other: "; purpose = text; sub(/:.*/, "", purpose); \
	    sub(/^[^:]*: */, "", text); if (!(purpose in lines)) order[++n] = purpose; \
	    lines[purpose] = lines[purpose] sprintf("  %-12s %s\n", name[1], text) } \
	  END { for (i = 1; i <= n; i++) printf "%s\n%s", order[i], lines[order[i]] }' $(MAKEFILE_LIST)
