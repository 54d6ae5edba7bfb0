#!/usr/bin/env bash
# librdkafka reads a number up to the first character that is none, a leading zero as octal, and wraps at 32 bits, and says OK.
#
# Expected: rd_kafka_conf_set answers RD_KAFKA_CONF_INVALID to a value that is no decimal integer within the option's range, as it does for
#           `ten`; or, where it takes units, applies them.
# Seen:     librdkafka 2.16.0 (the build of the NuGet package librdkafka.redist, as every .NET client loads it) answers RD_KAFKA_CONF_OK and
#           holds another value: `10s` is 10 ms, `512KiB` is 512 bytes, `010000` is 4096, `0x10` is 16, `1_000_000` is 1, `0,5` is 0,
#           4294967297 is 1. Only where the value that is left lies outside of the option's range is it refused.
# Needs:    the .NET 10 SDK (for the package), python3. Fails (exit 1) when one of the values is refused or read otherwise.
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
native=$work/packages/librdkafka.redist/2.16.0/runtimes/linux-x64/native
# The one of the package's builds that needs no library beside libc.
python3 - "$native/centos8-librdkafka.so" <<'PY'
import ctypes, sys
lib = ctypes.CDLL(sys.argv[1])
lib.rd_kafka_conf_new.restype = ctypes.c_void_p
lib.rd_kafka_version_str.restype = ctypes.c_char_p
OK = 0

def read_back(name, value):
    conf, error = ctypes.c_void_p(lib.rd_kafka_conf_new()), ctypes.create_string_buffer(512)
    code = lib.rd_kafka_conf_set(conf, name.encode(), value.encode(), error, 512)
    held, size = ctypes.create_string_buffer(256), ctypes.c_size_t(256)
    lib.rd_kafka_conf_get(conf, name.encode(), held, ctypes.byref(size))
    lib.rd_kafka_conf_destroy(conf)
    return code, held.value.decode()

expected = [
    ("reconnect.backoff.max.ms", "10s", "10"),
    ("batch.size", "512KiB", "512"),
    ("batch.size", "1_000_000", "1"),
    ("linger.ms", "0,5", "0"),
    ("reconnect.backoff.max.ms", "010000", "4096"),
    ("reconnect.backoff.max.ms", "0x10", "16"),
    ("reconnect.backoff.max.ms", "4294967297", "1"),
]
print("librdkafka", lib.rd_kafka_version_str().decode())
changed = False
for name, value, held in expected:
    code, now = read_back(name, value)
    print(f"{name}={value}: code {code}, holds {now}")
    changed |= code != OK or now != held
code, _ = read_back("reconnect.backoff.max.ms", "ten")
print(f"reconnect.backoff.max.ms=ten: code {code}")
if changed or code == OK:
    print("CHANGED: not every value was taken as stated")
    sys.exit(1)
print("as stated: seven values taken for others, each with OK")
PY
