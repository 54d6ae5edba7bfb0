#!/usr/bin/env bash
# LiteDB answers a committed transaction before its bytes are on disk: no commit flushes the file.
#
# Expected: LiteDB calls itself an ACID database with a write-ahead log; the D asks that Commit() returns after the log is flushed (fsync),
#           as with SQLite's synchronous=FULL or PostgreSQL's default.
# Seen:     LiteDB 5.0.21 on Linux: 100 committed transactions in a file opened with the default connection string make write calls and not
#           one fsync or fdatasync before the file is closed or a checkpoint runs. Commit is durable against the end of the process, not
#           against the end of the machine. A Checkpoint() after a commit does flush, .NET permitting; an application that acknowledges
#           on Commit() acknowledges what a power cut can take back.
# Needs:    the .NET 10 SDK, strace. Fails (exit 1) when a commit flushes, or the checkpoint does not.
set -euo pipefail
command -v strace >/dev/null || { echo "strace is missing (Debian: apt-get install strace)" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/commits.csproj" <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings><AssemblyName>commits</AssemblyName>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="LiteDB" Version="[5.0.21]" /></ItemGroup>
</Project>
XML
cat >"$work/Program.cs" <<'CS'
using LiteDB;

using var database = new LiteDatabase(args[0]);
var events = database.GetCollection("events");
Mark("commits-begin");
for (var i = 1; i <= 100; i++)
{
    database.BeginTrans();
    events.Insert(new BsonDocument { ["_id"] = i, ["text"] = "an event" });
    database.Commit();
}
Mark("commits-end");
database.Checkpoint();
Mark("checkpoint-end");

// Seen in the trace: a look at a file that does not exist.
static void Mark(string name) => File.Exists("/nowhere/" + name);
CS
dotnet build "$work/commits.csproj" -o "$work/out" --nologo -v quiet >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 2; }
strace -f -qq -e trace=fsync,fdatasync,sync_file_range,msync,pwrite64,write,stat,lstat,newfstatat,statx,openat -o "$work/trace" "$work/out/commits" "$work/events.db"
between() { sed -n "/nowhere\/$1/,/nowhere\/$2/p" "$work/trace"; }
writes=$(between commits-begin commits-end | grep -cE ' p?write(64)?\(' || true)
flushes=$(between commits-begin commits-end | grep -cE ' (fsync|fdatasync|sync_file_range|msync)\(' || true)
checkpoint=$(between commits-end checkpoint-end | grep -cE ' (fsync|fdatasync)\(' || true)
opened=$(grep -c O_SYNC "$work/trace" || true)
echo "LiteDB 5.0.21: 100 commits: $writes write calls, $flushes flushes; the checkpoint after them: $checkpoint flushes"
if [[ $writes -lt 100 || $flushes -ne 0 || $opened -ne 0 || $checkpoint -lt 1 ]]; then
  echo "CHANGED: commits flush, or the checkpoint does not"
  exit 1
fi
echo "as stated: no commit was flushed"
