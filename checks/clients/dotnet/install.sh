#!/usr/bin/env bash
# Builds the .NET clients into artifacts/clients. Ends with 77 where their packages cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command -v dotnet >/dev/null || { echo "there is no .NET SDK"; exit 77; }
dotnet build Clients.csproj -c Release --nologo -v quiet >/tmp/clients-build.$$ 2>&1 || {
  grep -m5 error /tmp/clients-build.$$ || true
  rm -f /tmp/clients-build.$$
  echo "the clients for .NET could not be built"
  exit 77
}
rm -f /tmp/clients-build.$$
