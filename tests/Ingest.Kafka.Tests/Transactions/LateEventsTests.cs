using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Publishing;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>Events that the lane's position has passed, because they were parked, are delivered once all the same.</summary>
public sealed class LateEventsTests
{
    private const string Good = "good";
    private const string Bad = "bad";
    private const int Events = 900;
    private const short NotAuthorized = 29;

    /// <summary>Every other event is parked: their numbers stand apart from each other, more of them than fit into one transaction.</summary>
    [Fact]
    public async Task Parked_events_are_there_once_and_in_order_where_the_answers_to_their_commits_are_lost()
    {
        await using var cluster = await StartAsync();
        var isForbidden = true;
        cluster.Rules.Refusal = request => isForbidden && request.Topic == Bad ? NotAuthorized : null;
        await using var lane = New(cluster).Start();
        lane.Log.Append(Enumerable.Range(0, Events).Select(number => new TestEvent($$"""{"n":{{number}}}""")
        {
            Stream = number % 2 == 0 ? Good : Bad,
            Key = $"k{number % 8}",
        }));
        await lane.UntilAsync("every other event is parked", () => lane.Status.ParkedEvents == Events / 2);

        var commits = 0;
        cluster.Rules.Transactions.OnStep = async step =>
        {
            if (step == TransactionStep.Committed && Interlocked.Increment(ref commits) is 1 or 2 or 4 or 5 or 7)
            {
                await cluster.AllDownAsync();
                cluster.AllUp();
            }
        };
        isForbidden = false;
        await lane.UntilAsync("nothing is parked", () => lane.Status.PendingEvents == 0);
        Assert.True(commits >= 7, $"{commits} commits");
        Assert.Empty(lane.DeadLetters);
        List<KafkaRecord> read = [.. await cluster.ReadCommittedAsync(Good), .. await cluster.ReadCommittedAsync(Bad)];
        new Readback(lane.Log.Events, read).IsComplete();
    }

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync();
        foreach (var topic in (string[])[Good, Bad])
        {
            await cluster.Mock.CreateTopicAsync(topic, 4);
        }
        await cluster.Mock.CreateTopicAsync("ingest-progress", 1);
        return cluster;
    }

    private static KafkaLane New(TestCluster cluster) => new(
        new KafkaOptions
        {
            BootstrapServers = cluster.Bootstraps,
            Topic = "{stream}",
            Delivery = KafkaDelivery.Transactions,
            OpenTimeout = TimeSpan.FromSeconds(5),
        },
        new PublishingOptions
        {
            AttemptTimeout = TimeSpan.FromSeconds(3),
            AttemptGrace = TimeSpan.FromSeconds(30),
            BackoffMin = TimeSpan.FromMilliseconds(20),
            BackoffMax = TimeSpan.FromMilliseconds(100),
            BlockedMin = TimeSpan.FromMilliseconds(50),
            BlockedMax = TimeSpan.FromMilliseconds(200),
            BreakerPauseMin = TimeSpan.FromMilliseconds(50),
            BreakerPauseMax = TimeSpan.FromMilliseconds(200),
            ParkAfterAttempts = 2,
            ParkedBackoffMin = TimeSpan.FromMilliseconds(50),
            ParkedBackoffMax = TimeSpan.FromMilliseconds(200),
            StopGrace = TimeSpan.FromSeconds(1),
        })
    {
        Parks = true,
    };
}
