using System.Globalization;
using Confluent.Kafka;
using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Publishing.Lanes;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>What brokers may answer to each request of a transaction, and where it leads.</summary>
public sealed class TransactionFaultTests
{
    private const string Topic = "default";
    private const int Times = 2;
    private const int Events = 60;

    /// <summary>
    /// Retriable, abortable and fatal ones alike: what is not the operator's matter passes, and each event is there once.
    /// </summary>
    [Theory]
    [InlineData("InitProducerId", ErrorCode.GroupLoadInProgress, ErrorCode.NotCoordinatorForGroup, ErrorCode.ConcurrentTransactions)]
    [InlineData("OffsetFetch", ErrorCode.GroupLoadInProgress, ErrorCode.NotCoordinatorForGroup, ErrorCode.UnstableOffsetCommit)]
    [InlineData("AddPartitionsToTxn", ErrorCode.ConcurrentTransactions, ErrorCode.NotCoordinatorForGroup, ErrorCode.InvalidTxnState)]
    [InlineData("AddPartitionsToTxn", ErrorCode.OperationNotAttempted, ErrorCode.InvalidProducerIdMapping, ErrorCode.ProducerFenced)]
    [InlineData("AddOffsetsToTxn", ErrorCode.GroupLoadInProgress, ErrorCode.ConcurrentTransactions, ErrorCode.InvalidProducerEpoch)]
    [InlineData("TxnOffsetCommit", ErrorCode.GroupLoadInProgress, ErrorCode.RequestTimedOut, ErrorCode.UnknownTopicOrPart)]
    [InlineData("TxnOffsetCommit", ErrorCode.IllegalGeneration, ErrorCode.NotCoordinatorForGroup, ErrorCode.ProducerFenced)]
    [InlineData("EndTxn", ErrorCode.GroupLoadInProgress, ErrorCode.NotCoordinatorForGroup, ErrorCode.ConcurrentTransactions)]
    [InlineData("EndTxn", ErrorCode.InvalidTxnState, ErrorCode.InvalidProducerEpoch, ErrorCode.Unknown)]
    public async Task An_answer_that_is_no_matter_for_an_operator_passes_and_each_event_is_there_once(
        string request, params ErrorCode[] codes)
    {
        var api = Enum.Parse<ApiKey>(request);
        await using var cluster = await StartAsync();
        await using var lane = New(cluster);
        var (left, answers) = (0, (short)0);
        cluster.Rules.Transactions.Refusal = asked => asked == api && Interlocked.Decrement(ref left) >= 0 ? answers : null;
        foreach (var code in codes)
        {
            (answers, left) = ((short)code, Times);
            if (api is ApiKey.InitProducerId or ApiKey.OffsetFetch || code == codes[0])
            {
                // A session is opened with each start; the others are open by now.
                await lane.StopAsync();
                lane.Start();
            }
            lane.Log.Append(TestEvent.Many(Events, keys: 5, from: lane.Log.Events.Count));
            await lane.EmptyAsync();
            Assert.True(left < Times, string.Create(CultureInfo.InvariantCulture, $"Nothing was answered with {code}."));
        }
        Assert.Empty(lane.DeadLetters);
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete();
    }

    /// <summary>Rights that are missing.</summary>
    [Theory]
    [InlineData("InitProducerId", ErrorCode.TransactionalIdAuthorizationFailed)]
    [InlineData("OffsetFetch", ErrorCode.GroupAuthorizationFailed)]
    [InlineData("AddOffsetsToTxn", ErrorCode.GroupAuthorizationFailed)]
    [InlineData("TxnOffsetCommit", ErrorCode.TopicAuthorizationFailed)]
    [InlineData("EndTxn", ErrorCode.TransactionalIdAuthorizationFailed)]
    public async Task A_right_that_is_missing_blocks_the_lane_with_its_name_until_it_is_given(string request, ErrorCode code)
    {
        var api = Enum.Parse<ApiKey>(request);
        await using var cluster = await StartAsync();
        await using var lane = New(cluster);
        cluster.Rules.Transactions.Refusal = asked => asked == api ? (short)code : null;
        lane.Start().Log.Append(TestEvent.Many(Events, keys: 5));
        await lane.ReachesAsync(LaneState.Blocked);
        Assert.Contains(code.ToString(), lane.Status.Reason, StringComparison.Ordinal);
        Assert.Empty(await cluster.ReadCommittedAsync(Topic));
        cluster.Rules.Transactions.Refusal = null;
        await lane.EmptyAsync();
        Assert.Empty(lane.DeadLetters);
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete();
    }

    [Fact]
    public async Task A_coordinator_that_moves_in_the_middle_of_transactions_costs_nothing_but_time()
    {
        const int StepsBetweenMoves = 9;
        await using var cluster = await StartAsync(brokers: 3);
        var transactions = cluster.Rules.Transactions;
        transactions.Seat = cluster.Mock.Ports[0];
        var (steps, moves) = (0, 0);
        transactions.OnStep = _ =>
        {
            if (Interlocked.Increment(ref steps) % StepsBetweenMoves == 0)
            {
                transactions.Seat = cluster.Mock.Ports[Interlocked.Increment(ref moves) % cluster.Mock.Ports.Count];
            }
            return Task.CompletedTask;
        };
        await using var lane = New(cluster).Start();
        for (var round = 0; round < 10; round++)
        {
            lane.Log.Append(TestEvent.Many(Events, keys: 20, from: lane.Log.Events.Count));
            await lane.EmptyAsync();
        }
        Assert.True(moves > 2 && transactions.Strayed > 2, $"{moves} moves, {transactions.Strayed} strayed");
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete();
    }

    [Fact]
    public async Task A_topic_for_the_progress_that_is_missing_blocks_the_lane_with_what_to_do_until_it_is_there()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Mock.CreateTopicAsync(Topic, 4);
        await using var lane = New(cluster, progress: "progress-of-ingest");
        await cluster.Mock.SetTopicErrorAsync("progress-of-ingest", (int)ErrorCode.UnknownTopicOrPart);
        lane.Start().Log.Append(TestEvent.Many(Events, keys: 5));
        await lane.ReachesAsync(LaneState.Blocked);
        Assert.Contains("topic 'progress-of-ingest'", lane.Status.Reason, StringComparison.Ordinal);
        await cluster.Mock.SetTopicErrorAsync("progress-of-ingest", 0);
        await lane.EmptyAsync();
    }

    private static async Task<TestCluster> StartAsync(int brokers = 1)
    {
        var cluster = await TestCluster.StartAsync(brokers);
        await cluster.Mock.CreateTopicAsync(Topic, 4);
        await cluster.Mock.CreateTopicAsync("ingest-progress", 1);
        return cluster;
    }

    private static KafkaLane New(TestCluster cluster, string progress = "ingest-progress") => new(new KafkaOptions
    {
        BootstrapServers = cluster.Bootstraps,
        Topic = Topic,
        Delivery = KafkaDelivery.Transactions,
        ProgressTopic = progress,
        OpenTimeout = TimeSpan.FromSeconds(5),
    });
}
