#!/usr/bin/env bash
# The first Linux build in librdkafka.redist does not load on Debian and Ubuntu: it wants libsasl2.so.3, they have libsasl2.so.2.
#
# Expected: runtimes/linux-x64/native/librdkafka.so of the package, the file that .NET resolves `librdkafka` to, loads on a distribution
#           that .NET supports, with the Cyrus SASL library installed.
# Seen:     librdkafka.redist 2.16.0 has three builds for linux-x64. librdkafka.so and no other names libsasl2.so.3 (Red Hat's name for the
#           library) as needed; Debian 12 and Ubuntu 24.04 ship the same library as libsasl2.so.2, so dlopen fails there with libsasl2
#           installed. centos8-librdkafka.so needs neither; alpine-librdkafka.so needs musl. Confluent.Kafka tries the three in turn, so a
#           client works, without GSSAPI and without a word; code that loads `librdkafka` by name gets the system's build or none.
# Needs:    the .NET 10 SDK (for the package), python3. Fails (exit 1) when the needed libraries of a build are others.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/redist.csproj" <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="librdkafka.redist" Version="[2.16.0]" /></ItemGroup>
</Project>
XML
dotnet restore "$work/redist.csproj" --packages "$work/packages" --nologo -v quiet >"$work/restore.log" 2>&1 \
  || { cat "$work/restore.log" >&2; exit 2; }
python3 - "$work/packages/librdkafka.redist/2.16.0/runtimes/linux-x64/native" <<'PY'
import ctypes, pathlib, struct, sys

def needed(path):
    """The DT_NEEDED names of a 64-bit little-endian ELF file."""
    data = path.read_bytes()
    offset, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<IIQQQQQQ", data, offset + i * size) for i in range(count)]
    def at(address):
        return next(s[2] + address - s[3] for s in segments if s[0] == 1 and s[3] <= address < s[3] + s[5])
    dynamic = next(s for s in segments if s[0] == 2)
    entries = [struct.unpack_from("<QQ", data, dynamic[2] + i) for i in range(0, dynamic[5], 16)]
    strings = at(next(value for tag, value in entries if tag == 5))
    return [data[strings + value:data.index(0, strings + value)].decode() for tag, value in entries if tag == 1]

folder = pathlib.Path(sys.argv[1])
builds = {path.name: needed(path) for path in sorted(folder.glob("*librdkafka.so"))}
for name, libraries in builds.items():
    try:
        ctypes.CDLL(str(folder / name))
        loads = "loads here"
    except OSError as error:
        loads = "does not load here: " + str(error).replace(str(folder) + "/", "")
    print(f"{name}: needs {', '.join(libraries)}; {loads}")
sasl = {name for name, libraries in builds.items() if "libsasl2.so.3" in libraries}
if set(builds) != {"librdkafka.so", "centos8-librdkafka.so", "alpine-librdkafka.so"} or sasl != {"librdkafka.so"}:
    print("CHANGED: the builds, or which of them need libsasl2.so.3")
    sys.exit(1)
print("as stated: only the build that is found by name needs libsasl2.so.3")
PY
