#!/usr/bin/env bash
# Builds the file system that forgets what was not flushed, artifacts/power/forgetful, and its self-test. Debian's gcc and libfuse3-dev are
# installed where they are missing; with --only-build nothing is installed, and without them the exit code is 3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if ! command -v gcc >/dev/null || ! command -v pkg-config >/dev/null || ! pkg-config --exists fuse3; then
  if [[ ${1:-} == --only-build ]]; then
    echo "the file system that forgets needs gcc, pkg-config and libfuse3-dev (Debian's names)"
    exit 3
  fi
  apt=(apt-get)
  [[ $(id -u) -eq 0 ]] || apt=(sudo -n apt-get)
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" update -qq
  "${apt[@]}" install -y -qq --no-install-recommends gcc libc6-dev pkg-config libfuse3-dev >/dev/null
fi
sources=(checks/power/*.c)
made=artifacts/power/forgetful
if [[ -x $made && -z $(find checks/power -name '*.[ch]' -newer "$made") ]]; then exit 0; fi
mkdir -p artifacts/power
read -ra fuse <<<"$(pkg-config --cflags --libs fuse3)"
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$made.new" "${sources[@]}" "${fuse[@]}"
mv "$made.new" "$made"
