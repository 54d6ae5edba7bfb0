#!/usr/bin/env bash
# Snappier takes a Snappy block with bytes behind its end for a whole one, and rents a second buffer of the block's full length.
#
# Expected: a block begins with its length, and its elements have to make exactly that (format_description.txt of google/snappy). A
#           block that goes on is refused, as other decoders do (npm snappy 7.4.3: "corrupt input"). `TryDecompress` on spans is for decoding
#           into memory the caller has.
# Seen:     Snappier 1.3.1 (NuGet): `TryDecompress` of a valid block with two more bytes is true, and the bytes are not looked at: of two
#           blocks one after the other, the second is lost without a word. The call rents a buffer of the block's full length from the shared
#           pool besides, so that a bound on the caller's memory holds half of it.
# Needs:    the .NET 10 SDK. Fails (exit 1) when the longer block is refused, or no second buffer is rented.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/blocks.csproj" <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings><AssemblyName>blocks</AssemblyName>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="Snappier" Version="1.3.1" /></ItemGroup>
</Project>
XML
cat >"$work/Program.cs" <<'CS'
using System.Diagnostics.Tracing;
using Snappier;

var plain = new byte[1_000_000];
var block = Snappy.CompressToArray(plain);
var target = new byte[plain.Length];
using var pool = new Pool();
pool.IsOn = true;
var taken = Snappy.TryDecompress([.. block, 1, 2], target, out var written);
pool.IsOn = false;
Console.WriteLine($"a block of {plain.Length} bytes with two more behind it: {taken}, {written} bytes");
Console.WriteLine($"rented beside the {target.Length} bytes that were given: {pool.Most}");
var same = taken && written == plain.Length && pool.Most >= plain.Length;
Console.WriteLine(same ? "as stated: what is behind a block is ignored" : "CHANGED: it is refused, or nothing is rented");
return same ? 0 : 1;

sealed class Pool : EventListener
{
    public volatile bool IsOn;

    public int Most { get; private set; }

    protected override void OnEventSourceCreated(EventSource source)
    {
        if (source.Name == "System.Buffers.ArrayPoolEventSource")
        {
            EnableEvents(source, EventLevel.Verbose);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs e)
    {
        if (IsOn && e.EventName == "BufferRented")
        {
            Most = Math.Max(Most, (int)e.Payload![1]!);
        }
    }
}
CS
dotnet build "$work/blocks.csproj" -o "$work/out" --nologo -v quiet >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 2; }
echo "Snappier 1.3.1, .NET runtime $(dotnet --list-runtimes | awk '$1 == "Microsoft.NETCore.App" && $2 ~ /^10\./ { v = $2 } END { print v }')"
"$work/out/blocks"
