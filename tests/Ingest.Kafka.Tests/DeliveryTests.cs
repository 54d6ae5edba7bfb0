using System.Text;
using System.Text.Json;
using Ingest.Events;
using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests;

/// <summary>The ordinary run: log, lane, sink, brokers, and kcat as witness.</summary>
public sealed class DeliveryTests
{
    [Fact]
    public async Task Events_arrive_once_in_the_order_of_their_keys_with_their_headers()
    {
        await using var cluster = await TestCluster.StartAsync(brokers: 3);
        await cluster.Mock.CreateTopicAsync("orders", 6);
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps });
        lane.Log.Append(TestEvent.Many(5_000, keys: 50).Select(sent => sent with { Stream = "orders" }));

        lane.Start();
        await lane.EmptyAsync();

        var records = await cluster.ReadAsync("orders");
        new Readback(lane.Log.Events, records).IsComplete();
        var first = records.Single(record => record.Sequence == 1);
        Assert.Equal($"{lane.Log.Log.Id:N}-1", first.Headers["ingest-id"]);
        Assert.Equal("application/json", first.Headers["content-type"]);
        Assert.Equal(EventLog.FirstAcceptedUnixMs, first.TimestampMs);
        Assert.Equal(5_000, lane.Status.Delivered);
        Assert.Equal(1, cluster.Rules.ProducesAtOnceMax);
    }

    [Fact]
    public async Task Real_payloads_arrive_byte_for_byte()
    {
        var lines = await File.ReadAllLinesAsync(
            Path.Combine(SourceTree.Root, "tests/data/github-webhooks.ndjson"), TestContext.Current.CancellationToken);
        Assert.Equal(329, lines.Length);
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Mock.CreateTopicAsync("github", 4);
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps });
        lane.Log.Append(lines.Select(line => new TestEvent(PayloadOf(line)) { Stream = "github", Key = NameOf(line) }));

        lane.Start();
        await lane.EmptyAsync();

        var records = await cluster.ReadAsync("github");
        new Readback(lane.Log.Events, records).IsComplete();
        Assert.All(records, record => Assert.Equal("application/json", record.Headers["content-type"]));
    }

    // Keys and hashes as Kafka's own tests of its partitioner have them.
    [Fact]
    public async Task Keys_are_on_the_partitions_where_Java_puts_them()
    {
        const int Partitions = 7;
        (string Key, int Hash)[] known =
        [
            ("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536),
            ("a-little-bit-longer-string", -1486304829), ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
            ("abc", 479470107),
        ];
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Mock.CreateTopicAsync("joined", Partitions);
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps });
        lane.Log.Append(known.Select(each => new TestEvent("{}") { Stream = "joined", Key = each.Key }));

        lane.Start();
        await lane.EmptyAsync();

        var records = await cluster.ReadAsync("joined");
        Assert.Equal(
            known.Select(each => (each.Key, (each.Hash & int.MaxValue) % Partitions)).Order(),
            records.Select(record => (record.Key!, record.Partition)).Order());
    }

    [Fact]
    public async Task Streams_go_to_topics_of_their_own_and_bytes_stay_what_they_are()
    {
        await using var cluster = await TestCluster.StartAsync();
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps, Topic = "in.{stream}" });
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        lane.Log.Append(
            new TestEvent(bytes) { Stream = "raw", Format = EventFormat.Opaque, ContentType = "application/octet-stream" },
            new TestEvent("{}") { Stream = "json", Attributes = [("traceparent", "00-1-2-01")] });

        lane.Start();
        await lane.EmptyAsync();

        var raw = Assert.Single(await cluster.ReadAsync("in.raw"));
        Assert.Equal(bytes, raw.Value);
        Assert.Null(raw.Key);
        Assert.Equal("application/octet-stream", raw.Headers["content-type"]);
        Assert.Equal("00-1-2-01", Assert.Single(await cluster.ReadAsync("in.json")).Headers["traceparent"]);
    }

    [Theory]
    [InlineData(CloudEventsMode.Structured)]
    [InlineData(CloudEventsMode.Binary)]
    public async Task CloudEvents_travel_in_the_protocol_binding(CloudEventsMode mode)
    {
        const string Envelope = """
            {"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"text/xml","data":"<much wow=\"xml\"/>"}
            """;
        await using var cluster = await TestCluster.StartAsync();
        await using var lane = new KafkaLane(new KafkaOptions { BootstrapServers = cluster.Bootstraps, CloudEvents = mode });
        lane.Log.Append(
            new TestEvent(Envelope) { Format = EventFormat.CloudEvent, ContentType = "application/cloudevents-batch+json" },
            new TestEvent("<a/>")
            {
                Format = EventFormat.Opaque,
                ContentType = "text/xml",
                Attributes = [("ce_specversion", "1.0"), ("ce_id", "2"), ("ce_source", "/s"), ("ce_type", "t")],
            });

        lane.Start();
        await lane.EmptyAsync();

        var records = (await cluster.ReadAsync("default")).OrderBy(record => record.Sequence).ToList();
        var isBinary = mode == CloudEventsMode.Binary;
        Assert.Equal(isBinary ? "<much wow=\"xml\"/>" : Envelope, records[0].Text);
        Assert.Equal(isBinary ? "text/xml" : "application/cloudevents+json", records[0].Headers["content-type"]);
        Assert.Equal(isBinary ? "1" : null, records[0].Headers.GetValueOrDefault("ce_id"));
        Assert.Equal(("<a/>", "text/xml", "2"), (records[1].Text, records[1].Headers["content-type"], records[1].Headers["ce_id"]));
    }

    // The payload's bytes as they stand in the line, not as a serializer would write them again.
    private static byte[] PayloadOf(string line)
    {
        using var document = JsonDocument.Parse(line);
        return Encoding.UTF8.GetBytes(document.RootElement.GetProperty("payload").GetRawText());
    }

    private static string NameOf(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("event").GetString()!;
    }
}
