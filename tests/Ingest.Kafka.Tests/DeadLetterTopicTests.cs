using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.Kafka.Tests.Rig;
using Ingest.Testing;

namespace Ingest.Kafka.Tests;

/// <summary>The real executable with a topic for dead letters: a sink of its own, with its own limits.</summary>
public sealed class DeadLetterTopicTests
{
    private const int LargeBytes = 4000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dead_letters_are_on_their_topic_with_their_reasons_through_a_kill_and_an_outage()
    {
        await using var node = await KafkaNode.StartAsync(seed: 11);
        await node.Cluster.Mock.CreateTopicAsync("dead.default", 4);
        Assert.Equal(0, await node.Process.StopAsync());
        (string, string)[] settings =
        [
            ("Sinks:Kafka:MessageBytesMax", "2000"), ("DeadLetters:PublishTo", "letters"), ("Sinks:letters:Kind", "kafka"),
            ("Sinks:letters:BootstrapServers", node.Cluster.Bootstraps), ("Sinks:letters:Topic", "dead.{stream}"),
        ];
        await node.StartAgainAsync(settings);
        var first = await PostAsync(node, 1);
        await node.EmptyAsync();
        await PublishedAsync(node, 1);

        await node.Process.KillAsync();
        await node.StartAgainAsync(settings);
        await node.Cluster.AllDownAsync();
        var second = await PostAsync(node, 2);
        node.Cluster.AllUp();
        await node.EmptyAsync();
        await PublishedAsync(node, 2);
        Assert.Equal(0, await node.Process.StopAsync());

        var letters = await node.ReadTopicAsync("dead.default");
        // What was published within the last interval of the cursors before the kill may have come again.
        Assert.Equal(
            new[] { first.Large, second.Large },
            letters.Select(letter => Number(letter.Headers["ingest-dead-seq"])).Distinct().Order());
        Assert.Single(letters, letter => Number(letter.Headers["ingest-dead-seq"]) == second.Large);
        Assert.All(letters, letter =>
        {
            Assert.Equal(
                ("kafka", "1", "the key"), (letter.Headers["ingest-dead-lane"], letter.Headers["ingest-dead-attempts"], letter.Key));
            Assert.StartsWith("MsgSizeTooLarge", letter.Headers["ingest-dead-reason"], StringComparison.Ordinal);
            Assert.EndsWith($"-{letter.Headers["ingest-dead-seq"]}", letter.Headers["ingest-dead-id"], StringComparison.Ordinal);
            Assert.Equal(Large(), letter.Text);
        });
        var delivered = await node.ReadTopicAsync();
        Assert.Equal(new[] { first.Small, second.Small }, delivered.Select(record => record.Sequence).Distinct().Order());
        Assert.DoesNotContain(letters, letter => letter.Headers["ingest-id"][..32] == delivered[0].Headers["ingest-id"][..32]);
    }

    private static string Large() => $"{{\"large\":\"{new string('x', LargeBytes)}\"}}";

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    // A small event, which is delivered, and one too large for the lane: the numbers their answers said.
    private static async Task<(long Small, long Large)> PostAsync(KafkaNode node, int number)
    {
        var numbers = new List<long>();
        using var connection = await RawConnection.ConnectAsync(node.Setup.IntakePort, Cancel);
        foreach (var payload in new[] { $"{{\"small\":{number.ToString(CultureInfo.InvariantCulture)}}}", Large() })
        {
            var head = RawConnection.PostHead("/v1/events", "application/json", payload.Length, "Ingest-Key: the key\r\n");
            var answer = await connection.ExchangeAsync((byte[])[.. head, .. Encoding.UTF8.GetBytes(payload)], Cancel);
            Assert.True(answer.Status == 202, answer.Text);
            using var body = JsonDocument.Parse(answer.Text[answer.Text.IndexOf('{', StringComparison.Ordinal)..]);
            numbers.Add(body.RootElement.GetProperty("first").GetInt64());
        }
        return (numbers[0], numbers[1]);
    }

    private static Task PublishedAsync(KafkaNode node, long letters) => Poll.Until(
        $"{letters} letters are published", async () => await PublishedAsync(node) >= letters, TimeSpan.FromSeconds(60));

    private static async Task<long> PublishedAsync(KafkaNode node) => (await node.Admin.StatusAsync())
        .GetProperty("deadLetters").GetProperty("publication").GetProperty("published").GetInt64();
}
