using Ingest.Kafka.Tests.Cluster;
using Ingest.Kafka.Tests.Rig;
using Ingest.Sinks.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests;

/// <summary>Single attempts: given up, repeated, cut differently, closed upon.</summary>
public sealed class AttemptTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task An_attempt_that_was_given_up_is_joined_by_the_next_one_however_it_is_cut()
    {
        await using var cluster = await StartAsync();
        await using var sink = await OpenAsync(cluster);
        using var batch = Batch(1, 100);
        cluster.Proxies[0].IsStalled = true;

        await GiveUpAsync(sink, batch);
        Assert.Equal(100, sink.LeftCount);
        using var half = Batch(1, 60);
        await GiveUpAsync(sink, half);
        Assert.Equal(100, sink.LeftCount);
        cluster.Proxies[0].IsStalled = false;
        using var rest = Batch(40, 120);
        var results = await Task.WhenAll(
            sink.SendAsync(Batch(1, 39), TestContext.Current.CancellationToken).AsTask(),
            sink.SendAsync(rest, TestContext.Current.CancellationToken).AsTask());

        Assert.All(results, result => Assert.Equal(SinkResult.Delivered, result));
        Assert.Equal(0, sink.LeftCount);
        var records = await cluster.ReadAsync("default");
        Assert.Equal(120, records.Count);
        Assert.Equal(120, records.DistinctBy(record => record.Sequence).Count());
    }

    [Fact]
    public async Task What_was_delivered_behind_a_given_up_attempt_is_known_at_once()
    {
        await using var cluster = await StartAsync();
        await using var sink = await OpenAsync(cluster);
        using var batch = Batch(1, 10);
        cluster.Proxies[0].IsStalled = true;
        await GiveUpAsync(sink, batch);
        cluster.Proxies[0].IsStalled = false;
        // Every key: each partition has delivered what was sent before.
        using var next = Batch(11, 17);
        Assert.Equal(SinkResult.Delivered, await sink.SendAsync(next, TestContext.Current.CancellationToken));
        await cluster.AllDownAsync();

        Assert.Equal(SinkResult.Delivered, await sink.SendAsync(batch, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_rewind_makes_it_forget_what_it_delivered()
    {
        await using var cluster = await StartAsync();
        await using var sink = await OpenAsync(cluster);
        using var batch = Batch(1, 10);
        cluster.Proxies[0].IsStalled = true;
        await GiveUpAsync(sink, batch);
        cluster.Proxies[0].IsStalled = false;
        // Every key: each partition has delivered what was sent before.
        using var next = Batch(11, 17);
        await sink.SendAsync(next, TestContext.Current.CancellationToken);

        await sink.RewindAsync(1, TestContext.Current.CancellationToken);

        Assert.Equal(SinkResult.Delivered, await sink.SendAsync(batch, TestContext.Current.CancellationToken));
        Assert.Equal(27, (await cluster.ReadAsync("default")).Count);
    }

    [Fact]
    public async Task A_full_queue_is_waited_for()
    {
        await using var cluster = await StartAsync();
        var options = new KafkaOptions { BootstrapServers = cluster.Bootstraps, QueueEventsMax = 1_000 };
        await using var sink = await OpenAsync(cluster, options);
        using var batch = Batch(1, 8_000);

        Assert.Equal(SinkResult.Delivered, await sink.SendAsync(batch, TestContext.Current.CancellationToken));
        Assert.Equal(8_000, (await cluster.ReadAsync("default")).DistinctBy(record => record.Sequence).Count());
    }

    [Fact]
    public async Task An_attempt_given_up_at_a_full_queue_loses_and_reorders_nothing()
    {
        await using var cluster = await StartAsync();
        var options = new KafkaOptions { BootstrapServers = cluster.Bootstraps, QueueEventsMax = 1_000 };
        await using var sink = await OpenAsync(cluster, options);
        cluster.Proxies[0].IsStalled = true;
        using var first = Batch(1, 2_000);
        using var second = Batch(2_001, 2_100);
        using var impatience = new CancellationTokenSource(Short, TimeProvider.System);
        var givenUp = sink.SendAsync(first, impatience.Token).AsTask();
        var behind = sink.SendAsync(second, TestContext.Current.CancellationToken).AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp);
        cluster.Proxies[0].IsStalled = false;

        // Not before the first: their keys wait for what was not handed over.
        var held = await behind;
        Assert.All(Enumerable.Range(0, second.Count), index => Assert.Equal(VerdictKind.Retryable, held[index].Kind));
        Assert.Equal(SinkResult.Delivered, await sink.SendAsync(first, TestContext.Current.CancellationToken));
        Assert.Equal(SinkResult.Delivered, await sink.SendAsync(second, TestContext.Current.CancellationToken));

        var records = await cluster.ReadAsync("default");
        Assert.Equal(2_100, records.Count);
        Assert.All(records.GroupBy(record => record.Key), ofKey =>
            Assert.Equal(ofKey.Select(record => record.Sequence).Order(), ofKey.Select(record => record.Sequence)));
    }

    [Fact]
    public async Task Closing_with_dead_brokers_ends_within_its_bound()
    {
        await using var cluster = await StartAsync();
        var sink = await OpenAsync(cluster, new KafkaOptions { BootstrapServers = cluster.Bootstraps, CloseTimeout = Short });
        using var batch = Batch(1, 100);
        await cluster.AllDownAsync();
        await GiveUpAsync(sink, batch);

        var start = TimeProvider.System.GetTimestamp();
        await sink.DisposeAsync();

        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sink.SendAsync(batch, TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task Opening_without_a_broker_says_which_and_why()
    {
        await using var sink = new KafkaSink(
            "kafka", new KafkaOptions { BootstrapServers = "127.0.0.1:1", OpenTimeout = Short }, _ => Guid.Empty, TimeProvider.System,
            NullLogger.Instance);

        var verdict = await sink.OpenAsync(TestContext.Current.CancellationToken);

        Assert.Equal(VerdictKind.Retryable, verdict.Kind);
        Assert.Contains("No broker of 127.0.0.1:1 has answered. Local_Transport: ", verdict.Reason, StringComparison.Ordinal);
        Assert.Contains("refused", verdict.Reason, StringComparison.Ordinal);
    }

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync();
        await cluster.Mock.CreateTopicAsync("default", 2);
        return cluster;
    }

    private static async Task<KafkaSink> OpenAsync(TestCluster cluster, KafkaOptions? options = null)
    {
        options ??= new KafkaOptions { BootstrapServers = cluster.Bootstraps };
        var sink = new KafkaSink("kafka", options, _ => Guid.Empty, TimeProvider.System, NullLogger.Instance);
        Assert.Equal(SinkVerdict.Delivered, await sink.OpenAsync(TestContext.Current.CancellationToken));
        return sink;
    }

    private static async Task GiveUpAsync(KafkaSink sink, EventBatch batch)
    {
        using var impatience = new CancellationTokenSource(Short, TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sink.SendAsync(batch, impatience.Token).AsTask());
    }

    private static EventBatch Batch(int first, int last)
    {
        var batch = new EventBatch();
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        for (var sequence = first; sequence <= last; sequence++)
        {
            body.ResetWrittenCount();
            new TestEvent($"{{\"n\":{sequence}}}") { Key = $"k{sequence % 7}" }.Write(body, EventLog.FirstAcceptedUnixMs);
            batch.Add(sequence, body.WrittenSpan);
        }
        return batch;
    }
}
