using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Publishing.Lanes;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>A lane in transactions against the mock cluster behind a front that coordinates them.</summary>
public sealed class TransactionLaneTests
{
    private const string Topic = "default";
    private const int Events = 2_000;
    private const short TooLarge = 10;
    private const short InvalidRecord = 87;

    [Fact]
    public async Task Everything_is_there_once_and_in_order_and_the_progress_stands_behind_the_last_event()
    {
        await using var cluster = await StartAsync();
        await using var lane = New(cluster).Start();
        lane.Log.Append(TestEvent.Many(Events, keys: 20));
        await lane.EmptyAsync();
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete();
        Assert.Equal(Events, lane.Transactions.Progress.Delivered.Last);
        Assert.True(cluster.Rules.Transactions.Committed > 0);
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_resolved_by_asking()
    {
        await using var cluster = await StartAsync();
        await using var lane = New(cluster).Start();
        lane.Log.Append(TestEvent.Many(10, keys: 2));
        await lane.EmptyAsync();
        var cut = 0;
        cluster.Rules.Transactions.OnStep = async step =>
        {
            if (step == TransactionStep.Committed && Interlocked.Increment(ref cut) <= 3)
            {
                await cluster.AllDownAsync();
                cluster.AllUp();
            }
        };
        lane.Log.Append(TestEvent.Many(Events, keys: 20, from: 10));
        await lane.EmptyAsync();
        Assert.True(cut >= 3);
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete();
    }

    [Fact]
    public async Task A_transaction_that_the_brokers_gave_up_is_sent_again_and_its_node_goes_on()
    {
        await using var cluster = await StartAsync();
        await using var lane = New(cluster).Start();
        lane.Log.Append(TestEvent.Many(10, keys: 2));
        await lane.EmptyAsync();
        var given = 0;
        cluster.Rules.Transactions.OnStep = step =>
        {
            if (step == TransactionStep.Commit && Interlocked.Exchange(ref given, 1) == 0)
            {
                cluster.Rules.Transactions.TimeOut();
            }
            return Task.CompletedTask;
        };
        lane.Log.Append(TestEvent.Many(Events, keys: 20, from: 10));
        await lane.EmptyAsync();
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete();
        Assert.True(cluster.Rules.Transactions.Aborted > 0);
    }

    [Fact]
    public async Task An_event_that_a_broker_refuses_is_a_dead_letter_and_the_others_are_there_once()
    {
        await using var cluster = await StartAsync();
        cluster.Rules.Refusal = request => request.Records.AsSpan().IndexOf("poison"u8) >= 0 ? InvalidRecord : null;
        await using var lane = New(cluster).Start();
        lane.Log.Append(TestEvent.Many(300, keys: 5));
        lane.Log.Append(new TestEvent("{\"x\":\"poison\"}") { Key = "k1" });
        lane.Log.Append(TestEvent.Many(300, keys: 5, from: 301));
        await lane.EmptyAsync();
        Assert.Equal([301L], lane.DeadLetters.Keys);
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete(except: 301);
    }

    [Fact]
    public async Task Batches_too_large_for_a_topic_become_smaller_and_no_event_is_blamed()
    {
        await using var cluster = await StartAsync();
        cluster.Rules.Refusal = request => request.Records.Length > 300_000 ? TooLarge : null;
        await using var lane = New(cluster).Start();
        lane.Log.Append(TestEvent.Many(Events, keys: 20, payloadBytes: 1_000));
        await lane.EmptyAsync();
        Assert.Empty(lane.DeadLetters);
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete();
    }

    [Fact]
    public async Task A_second_process_with_the_same_log_fences_the_first_which_says_who_and_shows_nothing_more()
    {
        await using var cluster = await StartAsync();
        await using var first = New(cluster).Start();
        first.Log.Append(TestEvent.Many(100, keys: 5));
        await first.EmptyAsync();
        await using var second = first.NewSink();
        Assert.Equal(Ingest.Sinks.Contract.VerdictKind.Delivered, (await second.OpenAsync(TestContext.Current.CancellationToken)).Kind);
        first.Log.Append(TestEvent.Many(100, keys: 5, from: 100));
        await first.ReachesAsync(LaneState.Blocked);
        Assert.Contains(second.Owner, first.Status.Reason, StringComparison.Ordinal);
        Assert.Equal(100, (await cluster.ReadCommittedAsync(Topic)).Count);
    }

    [Fact]
    public async Task The_progress_in_kafka_counts_and_not_the_lanes_cursor()
    {
        await using var cluster = await StartAsync();
        await using var lane = New(cluster).Start();
        lane.Log.Append(TestEvent.Many(Events, keys: 20));
        await lane.EmptyAsync();
        await lane.StopAsync();
        lane.Start(forgetsCursor: true);
        await lane.EmptyAsync();
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete();
    }

    /// <summary>Brokers tell no offset while a transaction that has another one is open, here that of an earlier run.</summary>
    [Fact]
    public async Task A_transaction_that_an_earlier_run_left_open_is_ended_by_the_next_one()
    {
        await using var cluster = await StartAsync();
        await using var lane = New(cluster).Start();
        lane.Log.Append(TestEvent.Many(10, keys: 2));
        await lane.EmptyAsync();
        var transactions = cluster.Rules.Transactions;
        var isSent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        transactions.OnStep = step =>
            step == TransactionStep.OffsetsSent && isSent.TrySetResult() ? cluster.AllDownAsync() : Task.CompletedTask;
        lane.Log.Append(TestEvent.Many(100, keys: 20, from: 10));
        await isSent.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, TestContext.Current.CancellationToken);
        await lane.StopAsync();
        transactions.OnStep = null;
        cluster.AllUp();

        lane.Start();
        await lane.EmptyAsync();
        Assert.True(transactions.Unstable > 0);
        new Readback(lane.Log.Events, await cluster.ReadCommittedAsync(Topic)).IsComplete();
    }

    /// <summary>Kafka does not know which of the events below the floor were delivered and which were refused.</summary>
    [Fact]
    public async Task A_lane_that_lost_its_cursor_after_an_event_was_refused_asks_for_a_rewind_and_passes_nothing_over()
    {
        await using var cluster = await StartAsync();
        cluster.Rules.Refusal = request => request.Records.AsSpan().IndexOf("poison"u8) >= 0 ? InvalidRecord : null;
        await using var lane = New(cluster).Start();
        lane.Log.Append(TestEvent.Many(50, keys: 5));
        lane.Log.Append(new TestEvent("{\"x\":\"poison\"}") { Key = "k1" });
        lane.Log.Append(TestEvent.Many(50, keys: 5, from: 51));
        await lane.EmptyAsync();
        await lane.StopAsync();
        // The floor passes the refused event.
        lane.Start();
        lane.Log.Append(TestEvent.Many(50, keys: 5, from: 101));
        await lane.EmptyAsync();
        await lane.StopAsync();

        lane.Start(forgetsCursor: true);
        await lane.ReachesAsync(LaneState.Blocked);
        Assert.Contains("rewind", lane.Status.Reason, StringComparison.Ordinal);
        Assert.Equal(150, (await cluster.ReadCommittedAsync(Topic)).Count);
    }

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync();
        await cluster.Mock.CreateTopicAsync(Topic, 4);
        await cluster.Mock.CreateTopicAsync("ingest-progress", 1);
        return cluster;
    }

    private static KafkaLane New(TestCluster cluster) => new(new KafkaOptions
    {
        BootstrapServers = cluster.Bootstraps,
        Topic = Topic,
        Delivery = KafkaDelivery.Transactions,
        OpenTimeout = TimeSpan.FromSeconds(5),
    });
}
