using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests;

/// <summary>The real executable with the Kafka sink, as an operator runs it.</summary>
public sealed partial class NodeTests
{
    private const int Payloads = 329;
    private const string Stream = "github";

    [Fact]
    public async Task Real_payloads_come_back_byte_for_byte_with_their_headers_in_the_order_of_their_keys()
    {
        var events = ReadPayloads();
        Assert.Equal(Payloads, events.Count);
        await using var node = await KafkaNode.StartAsync();
        await node.Cluster.Mock.CreateTopicAsync(Stream, 4);
        using (var connection = await RawConnection.ConnectAsync(node.Setup.IntakePort, TestContext.Current.CancellationToken))
        {
            foreach (var (key, payload) in events)
            {
                var head = RawConnection.PostHead(
                    $"/v1/streams/{Stream}/events", "application/json", payload.Length, $"Ingest-Key: {key}\r\n");
                var answer = await connection.ExchangeAsync((byte[])[.. head, .. payload], TestContext.Current.CancellationToken);
                Assert.True(answer.Status == 202, answer.Text);
            }
        }
        await node.EmptyAsync();
        Assert.True(await node.Process.StopAsync() == 0, node.Process.Output);

        var records = await node.ReadTopicAsync(Stream);
        Assert.Equal(Enumerable.Range(1, Payloads).Select(n => (long)n), records.Select(record => record.Sequence).Order());
        Assert.All(records, record =>
        {
            var (key, payload) = events[(int)record.Sequence - 1];
            Assert.Equal(key, record.Key);
            Assert.True(payload.AsSpan().SequenceEqual(record.Value));
            Assert.Equal(["content-type", "ingest-id", "ingest-seq"], record.Headers.Keys.Order(StringComparer.Ordinal));
            Assert.Equal("application/json", record.Headers["content-type"]);
            Assert.Matches(Identity(), record.Headers["ingest-id"]);
            Assert.EndsWith($"-{record.Sequence}", record.Headers["ingest-id"], StringComparison.Ordinal);
        });
        Assert.Single(records.Select(record => record.Headers["ingest-id"][..32]).Distinct());
        Assert.All(records.GroupBy(record => record.Key), ofKey =>
        {
            Assert.Single(ofKey.Select(record => record.Partition).Distinct());
            Assert.Equal(ofKey.Select(record => record.Sequence).Order(), ofKey.Select(record => record.Sequence));
        });
    }

    [Fact]
    public async Task A_drain_with_dead_brokers_ends_at_its_deadline_says_what_stays_and_the_next_start_delivers_it()
    {
        await using var node = await KafkaNode.StartAsync(seed: 2, ("Drain:Deadline", "00:00:02"));
        await SendAsync(node, "1s");
        await node.EmptyAsync();
        await node.Cluster.AllDownAsync();
        var backlog = await SendAsync(node, "2s");
        Assert.True(backlog > 0);

        var start = TimeProvider.System.GetTimestamp();
        var code = await node.Process.StopAsync(TimeSpan.FromSeconds(60));
        var took = TimeProvider.System.GetElapsedTime(start);

        Assert.True(code == 0, $"exit code {code}\n{node.Process.Output}");
        Assert.True(took > TimeSpan.FromSeconds(2), $"It gave up after {took}.");
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"; {backlog} events ("), node.Process.Output, StringComparison.Ordinal);

        node.Cluster.AllUp();
        await node.StartAgainAsync();
        await node.EmptyAsync();
        Assert.True(await node.Process.StopAsync() == 0, node.Process.Output);
        await CheckAsync(node);
    }

    [Fact]
    public async Task An_operator_has_everything_since_a_moment_delivered_again()
    {
        await using var node = await KafkaNode.StartAsync(seed: 3);
        var early = await SendAsync(node, "1s");
        await node.EmptyAsync();
        var moment = TimeProvider.System.GetUtcNow();
        var late = await SendAsync(node, "1s");
        await node.EmptyAsync();

        await IngestAsync(
            "lanes", "rewind", "kafka", "--to", moment.ToString("O", CultureInfo.InvariantCulture), "--yes", "--admin",
                node.Setup.Admin.ToString());
        await Poll.Until("delivered again", async () => (await node.ReadTopicAsync()).Count == early + (2 * late));

        await node.EmptyAsync();
        var sum = (await node.ReadLaneAsync()).Sum;
        Assert.Equal((early + late, true), (sum.Delivered, sum.AddsUp));
        Assert.Equal(late, await CheckAsync(node));
    }

    // How many events were acknowledged.
    private static async Task<long> SendAsync(KafkaNode node, string duration)
    {
        using var sent = JsonDocument.Parse(await IngestAsync(
            "verify", "send", node.Setup.Intake.GetLeftPart(UriPartial.Authority), "--journal", node["verify"], "--stream",
            KafkaNode.Topic, "--duration", duration, "--rate", "100", "--batch", "5", "--json"));
        return sent.RootElement.GetProperty("acknowledged").GetInt64();
    }

    // Nothing is lost, altered or out of order. How many messages repeat an event.
    private static async Task<long> CheckAsync(KafkaNode node)
    {
        using var verdict = JsonDocument.Parse(await IngestAsync(
            "verify", "check", "--journal", node["verify"], "--kafka", node.Cluster.Mock.Bootstraps, "--topic", KafkaNode.Topic,
            "--json"));
        return verdict.RootElement.GetProperty("duplicated").GetInt64();
    }

    private static async Task<string> IngestAsync(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(SourceTree.Executable(), words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{process.ExitCode}: {await output}{await errors}");
        return await output;
    }

    /// <summary>The kind of event as key, and the payload's bytes exactly as they stand in the file.</summary>
    private static List<(string Key, byte[] Payload)> ReadPayloads()
    {
        var payloads = new List<(string, byte[])>();
        foreach (var line in File.ReadLines(Path.Combine(SourceTree.Root, "tests", "data", "github-webhooks.ndjson")))
        {
            using var document = JsonDocument.Parse(line);
            payloads.Add((
                document.RootElement.GetProperty("event").GetString()!,
                Encoding.UTF8.GetBytes(document.RootElement.GetProperty("payload").GetRawText())));
        }
        return payloads;
    }

    [GeneratedRegex("^[0-9a-f]{32}-[0-9]+$")]
    private static partial Regex Identity();
}
