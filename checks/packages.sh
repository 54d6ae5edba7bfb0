#!/usr/bin/env bash
# Packs the libraries into artifacts/packages, checks what the packages say of themselves, and builds and runs the sample
# application from them, restored from that folder. Prints one line a check; exit code 1 if one failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD feed=$PWD/artifacts/packages
rm -rf "$feed"
for project in wal/Ingest.Wal src/Ingest/Ingest src/Ingest.Kafka/Ingest.Kafka src/Ingest.LiteDb/Ingest.LiteDb; do
  dotnet pack "$project.csproj" -c Release -o "$feed" --nologo -v quiet
done
version=$(ls "$feed"/Ingest.Wal.*.nupkg | sed -E 's/.*Ingest\.Wal\.(.*)\.nupkg/\1/')

failed=0
check() { # what it is, then the command
  local what=$1
  shift
  if "$@" >/dev/null; then echo "ok      $what"; else echo "FAILED  $what" && failed=1; fi
}
entry() { python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' "$feed/$1.$version.nupkg" "$2"; }
says() { entry "$1" "$1.nuspec" | grep -q -- "$2"; }
for name in Ingest.Wal Ingest Ingest.Kafka Ingest.LiteDb; do
  check "$name: licence" says "$name" '<license type="expression">MIT</license>'
  check "$name: readme" says "$name" '<readme>README.md</readme>'
  check "$name: description" says "$name" '<description>..*</description>'
  check "$name: has its readme" entry "$name" README.md
  check "$name: has its documentation" entry "$name" "lib/net10.0/$name.xml"
done
check "Ingest depends on Ingest.Wal" says Ingest "id=\"Ingest.Wal\" version=\"$version\""
check "Ingest.Kafka depends on Ingest" says Ingest.Kafka "id=\"Ingest\" version=\"$version\""
check "Ingest.Kafka depends on Confluent.Kafka" says Ingest.Kafka 'id="Confluent.Kafka"'
check "Ingest.LiteDb depends on LiteDB" says Ingest.LiteDb 'id="LiteDB"'

# The sample outside of this tree: nothing of it but the packages.
work=$(mktemp -d)
trap 'rm -rf "$work"; [[ -z ${node:-} ]] || kill "$node" 2>/dev/null || true' EXIT
cp samples/EmbeddedHost/*.cs "$work"
sed -e "s|<ProjectReference .*/>|<PackageReference Include=\"Ingest\" Version=\"$version\" /><PackageReference Include=\"Ingest.Kafka\" Version=\"$version\" />|" \
  -e 's|<OutputType>|<TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings><OutputType>|' \
  samples/EmbeddedHost/EmbeddedHost.csproj >"$work/EmbeddedHost.csproj"
cd "$work"
# A cache of its own: the packages of an earlier run have the same version.
export NUGET_PACKAGES=$work/packages
build() { dotnet build -c Release -o "$work/out" --nologo -v quiet -p:RestoreAdditionalProjectSources="$feed"; }
check "the sample builds from the packages" build
port=$((20000 + RANDOM % 10000))
dotnet out/EmbeddedHost.dll --urls "http://127.0.0.1:$port" --Ingest:Data "$work/data" --Ingest:Drain:BalancerDelay 0 >out.log 2>&1 &
node=$!
post() {
  for _ in $(seq 100); do
    curl -sf -H 'Content-Type: application/json' -d '{"order":1}' "http://127.0.0.1:$port/v1/streams/orders/events" && return
    sleep 0.1
  done
  return 1
}
check "it takes an event" post
delivered() {
  for _ in $(seq 100); do
    grep -qs 'EmbeddedHost orders 1 {"order":1}' data/lines.txt && return
    sleep 0.1
  done
  cat out.log >&2
  return 1
}
check "it delivers the event to its sink" delivered
kill "$node" && wait "$node" || true
node=
cd "$root"
ls "$feed"
exit $failed
