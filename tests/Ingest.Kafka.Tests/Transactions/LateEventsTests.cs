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
    private const short InvalidProducerEpoch = 47;

    /// <summary>Every other event is parked: their numbers stand apart, and there are more of them than one batch may have.</summary>
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

        var transactions = cluster.Rules.Transactions;
        var (cut, unanswered) = (transactions.Committed, 0);
        transactions.OnStep = async step =>
        {
            if (step == TransactionStep.Committed && transactions.Committed - cut >= 2)
            {
                cut = transactions.Committed;
                Interlocked.Exchange(ref unanswered, 1);
                await cluster.AllDownAsync();
                cluster.AllUp();
            }
        };
        // Asked for the answer once more, the broker does not know the producer any longer: only the progress says what was committed.
        transactions.Refusal = api =>
            api == ApiKey.EndTxn && Interlocked.Exchange(ref unanswered, 0) == 1 ? InvalidProducerEpoch : null;
        isForbidden = false;
        await lane.UntilAsync("nothing is parked", () => lane.Status.PendingEvents == 0);
        Assert.True(cut > 4, $"{cut} commits");
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
