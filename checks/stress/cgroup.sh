#!/usr/bin/env bash
# A node in a control group of 256 MiB, as root: 2 GB through its log, then a load that fills its memory: checks/stress/cgroup.sh [BYTES] [CHART]
# Works with version 1 and version 2, whichever is writable here. Draws the trace.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export INGEST_TEST_CACHE_BYTES=${1:-2000000000} INGEST_TEST_MEMORY_CHART=$PWD/${2:-docs/memory.svg}
build
run Memory.MemoryPressureTests.A_load_that_fills_its_memory_flips_health_once_and_page_cache_does_not
echo "drawn: ${INGEST_TEST_MEMORY_CHART#"$PWD/"}"
