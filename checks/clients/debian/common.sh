# Sourced: what the shippers' scripts share. They follow a file, so sending is writing a line.
# shellcheck shell=bash
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)/artifacts/tools/clients
export LD_LIBRARY_PATH=$tools/usr/lib/x86_64-linux-gnu:$tools/lib/x86_64-linux-gnu:$tools/usr/lib/syslog-ng
port=${URL##*:}
input=$DIRECTORY/input.log

# feed FORMAT: writes COUNT lines, one every PACE milliseconds; FORMAT takes the number once.
feed() {
  local number
  for ((number = FROM; number < FROM + COUNT; number++)); do
    # shellcheck disable=SC2059
    printf "$1\n" "$number" >>"$input"
    echo "{\"sent\":$number}"
    sleep "$(printf '%d.%03d' $((PACE / 1000)) $((PACE % 1000)))"
  done
}
