#!/usr/bin/env bash
# A transaction that still has messages to send is committed at a step of 10 ms, however fast the brokers are.
#
# Expected: a commit takes what sending the rest and two requests take.
# Seen:     librdkafka 2.16.0 (Confluent.Kafka 2.16.0), its own mock cluster in the same process, transactions of 200 messages, the commit
#           called at once: about 11 ms, with delivery reports and without, and about 2 ms when the queue is emptied by Flush in steps of
#           1 ms before. The commit waits for the queue first and looks at it every 10 ms; reports, which would wake it, are taken by the
#           thread that Confluent.Kafka polls on.
#           It matters where transactions are short, so that readers of committed messages do not wait: of one of 80 ms an eighth is lost.
# Needs:    the .NET 10 SDK. Fails (exit 1) when a commit is faster, or Flush before it does not help.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/commit.csproj" <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings><AssemblyName>commit</AssemblyName>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="Confluent.Kafka" Version="2.16.0" /></ItemGroup>
</Project>
XML
cat >"$work/Program.cs" <<'CS'
using System.Diagnostics;
using Confluent.Kafka;

var with = Median(reports: true, flushed: false);
var without = Median(reports: false, flushed: false);
var flushed = Median(reports: false, flushed: true);
Console.WriteLine($"librdkafka {Library.VersionString}: a commit with messages still to be sent, median of 50");
Console.WriteLine($"with delivery reports:                               {with:F1} ms");
Console.WriteLine($"without delivery reports:                            {without:F1} ms");
Console.WriteLine($"without, the queue emptied by Flush in steps of 1 ms: {flushed:F1} ms");
var asStated = Math.Min(with, without) > 9 && flushed < Math.Min(with, without) * 0.7;
Console.WriteLine(asStated ? "as stated: a commit waits for the next step of 10 ms" : "CHANGED");
return asStated ? 0 : 1;

// The client's own mock cluster of one broker.
static double Median(bool reports, bool flushed)
{
    var settings = new ProducerConfig { TransactionalId = "commit", EnableDeliveryReports = reports, LingerMs = 0 };
    settings.Set("test.mock.num.brokers", "1");
    settings.Set("log_level", "3");
    using var producer = new ProducerBuilder<Null, string>(settings).Build();
    producer.InitTransactions(TimeSpan.FromSeconds(30));
    var times = new List<double>();
    for (var round = 0; round < 60; round++)
    {
        producer.BeginTransaction();
        for (var message = 0; message < 200; message++)
        {
            producer.Produce("events", new Message<Null, string> { Value = "event" }, reports ? _ => { } : null);
        }
        var start = Stopwatch.GetTimestamp();
        while (flushed && producer.Flush(TimeSpan.FromMilliseconds(1)) > 0)
        {
        }
        producer.CommitTransaction(TimeSpan.FromSeconds(30));
        if (round >= 10)
        {
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
    }
    return times.Order().ElementAt(times.Count / 2);
}
CS
dotnet build "$work/commit.csproj" -o "$work/out" --nologo -v quiet >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 2; }
"$work/out/commit"
