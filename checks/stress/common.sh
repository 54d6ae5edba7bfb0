# Sourced by the scripts beside it: builds once, and runs one crash test with larger numbers than make test does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build() {
  make --no-print-directory build
  dotnet build tests/Ingest.Crash.Tests -c Release --nologo -v quiet
}

# run METHOD [option...]: prints what the test measured, and fails with it.
run() {
  local method=$1
  shift
  artifacts/bin/Ingest.Crash.Tests/release/Ingest.Crash.Tests -noLogo -noColor -showLiveOutput -method "Ingest.Crash.Tests.$method" "$@"
}
