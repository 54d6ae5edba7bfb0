#!/usr/bin/env bash
# The closed loops again, beside a neighbour that wants one processor for itself at the same priority: the part `closed` with stress-ng.
export part=busy
exec "${BASH_SOURCE[0]%/*}/closed.sh"
