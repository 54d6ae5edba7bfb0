using Confluent.Kafka;
using Ingest.Kafka.Tests.Cluster;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests;

public sealed class CallbackTests
{
    // The client swallows what a callback throws, and tells of it as an error of the application.
    [Fact]
    public async Task A_producer_one_of_whose_callbacks_failed_is_replaced_for_a_report_may_be_lost()
    {
        await using var cluster = await TestCluster.StartAsync();
        var options = new KafkaOptions { BootstrapServers = cluster.Bootstraps, StatisticsInterval = TimeSpan.FromMilliseconds(100) };
        var (calls, refusals) = (0, 0);
        var session = new ProducerSession(
            options,
            SendMode.Fast,
            batchBytesMax: null,
            TimeProvider.System,
            NullLogger.Instance,
            _ => Interlocked.Increment(ref refusals),
            _ => Fail(ref calls));

        await Poll.Until("it is dead", () => session.Room.IsDead);

        Assert.True(calls > 0);
        Assert.Equal(0, refusals);
        Assert.True(SessionPlan.MustReplace(session.Room, new IsolationSet(TimeSpan.FromMinutes(1))));
        await session.CloseAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_transactional_session_one_of_whose_callbacks_failed_takes_no_more_and_says_why()
    {
        await using var cluster = await TestCluster.StartAsync();
        var options = new KafkaOptions
        {
            BootstrapServers = cluster.Bootstraps,
            Delivery = KafkaDelivery.Transactions,
            StatisticsInterval = TimeSpan.FromMilliseconds(100),
        };
        var calls = 0;
        var session = new TransactionSession(
            options,
            new TransactionIdentity(Guid.NewGuid(), "kafka", Guid.NewGuid()),
            SendMode.Careful,
            batchBytesMax: null,
            TimeProvider.System,
            NullLogger.Instance,
            _ => Fail(ref calls));
        await Poll.Until("a callback failed", () => session.Trouble is not null);

        Assert.Equal(ErrorCode.Local_Application, Assert.Throws<KafkaException>(session.Begin).Error.Code);
        Assert.Equal(
            ErrorCode.Local_Application, Assert.Throws<KafkaException>(() => session.Commit(TimeSpan.FromSeconds(1))).Error.Code);

        session.Close(TimeSpan.FromSeconds(1));
    }

    private static void Fail(ref int calls)
    {
        Interlocked.Increment(ref calls);
        throw new InvalidOperationException("Memory is short.");
    }
}
