#!/usr/bin/env bash
# A new idempotent producer of librdkafka delivers its first message a second later than one without idempotence, unless it is asked for
# metadata twice meanwhile.
#
# Expected: one request more (InitProducerId): a round trip.
# Seen:     librdkafka 2.16.0 (Confluent.Kafka 2.16.0), one broker behind a relay of 20 ms each way, the message handed over at once: about
#           0.2 s without idempotence, about 1.1 s with it, about 0.2 s with it and two metadata requests beside the message. One
#           metadata request changes nothing. The log (debug=eos,broker,metadata) shows why: the producer id is asked for when metadata
#           comes in and a broker is connected, and otherwise every 500 ms only. The first answer comes over the bootstrap connection,
#           which the client gives up on that answer, so that no broker is connected; the connection that follows asks for nothing,
#           because the topic is known by then.
#           It matters where a producer is replaced while events wait: after a fatal error, or for a batch that was refused.
# Needs:    the .NET 10 SDK. Fails (exit 1) when the idempotent producer is as fast as the other, or stays slow with two requests.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/first.csproj" <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings><AssemblyName>first</AssemblyName>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="Confluent.Kafka" Version="2.16.0" /></ItemGroup>
</Project>
XML
cat >"$work/Program.cs" <<'CS'
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Confluent.Kafka;

// The client's own mock cluster; its bootstrap address is a relay that takes 20 ms each way.
var settings = new ProducerConfig();
settings.Set("test.mock.num.brokers", "1");
settings.Set("log_level", "3");
using var mock = new ProducerBuilder<Null, string>(settings).Build();
await mock.ProduceAsync("events", new Message<Null, string> { Value = "0" });
using var admin = new DependentAdminClientBuilder(mock.Handle).Build();
var broker = admin.GetMetadata(TimeSpan.FromSeconds(10)).Brokers[0];
var relay = new TcpListener(IPAddress.Loopback, 0);
relay.Start();
_ = RelayAsync();
var bootstrap = $"127.0.0.1:{((IPEndPoint)relay.LocalEndpoint).Port}";

await MedianAsync(idempotent: false, asks: 0);
var plain = await MedianAsync(idempotent: false, asks: 0);
var idempotent = await MedianAsync(idempotent: true, asks: 0);
var one = await MedianAsync(idempotent: true, asks: 1);
var two = await MedianAsync(idempotent: true, asks: 2);
Console.WriteLine($"librdkafka {Library.VersionString}: the first delivery, median of 5");
Console.WriteLine($"without idempotence:                          {plain:F0} ms");
Console.WriteLine($"with idempotence:                             {idempotent:F0} ms");
Console.WriteLine($"with idempotence and one metadata request:    {one:F0} ms");
Console.WriteLine($"with idempotence and two metadata requests:   {two:F0} ms");
var asStated = idempotent > plain + 400 && one > plain + 400 && two < plain + 250;
Console.WriteLine(asStated ? "as stated: only two metadata requests bring the producer id at once" : "CHANGED");
return asStated ? 0 : 1;

async Task<double> MedianAsync(bool idempotent, int asks)
{
    var times = new List<double>();
    for (var round = 0; round < 5; round++)
    {
        times.Add(await FirstDeliveryAsync(idempotent, asks));
    }
    return times.Order().ElementAt(2);
}

async Task<double> FirstDeliveryAsync(bool idempotent, int asks)
{
    var watch = Stopwatch.StartNew();
    var config = new ProducerConfig { BootstrapServers = bootstrap, EnableIdempotence = idempotent, Acks = Acks.All, LingerMs = 0 };
    using var producer = new ProducerBuilder<Null, string>(config).Build();
    var sent = producer.ProduceAsync("events", new Message<Null, string> { Value = "1" });
    var asking = Task.Run(() =>
    {
        using var asker = new DependentAdminClientBuilder(producer.Handle).Build();
        for (var ask = 0; ask < asks; ask++)
        {
            asker.GetMetadata(TimeSpan.FromSeconds(5));
        }
    });
    await sent;
    var time = watch.Elapsed.TotalMilliseconds;
    await asking;
    return time;
}

async Task RelayAsync()
{
    while (true)
    {
        var client = await relay.AcceptTcpClientAsync();
        var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, broker.Port);
        _ = CopyAsync(client, server);
        _ = CopyAsync(server, client);
    }
}

async Task CopyAsync(TcpClient from, TcpClient to)
{
    var buffer = new byte[65536];
    try
    {
        for (int read; (read = await from.GetStream().ReadAsync(buffer)) > 0;)
        {
            await Task.Delay(20);
            await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
        }
    }
    catch (Exception closed) when (closed is IOException or ObjectDisposedException or InvalidOperationException)
    {
    }
    from.Dispose();
    to.Dispose();
}
CS
dotnet build "$work/first.csproj" -o "$work/out" --nologo -v quiet >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; exit 2; }
"$work/out/first"
