using Confluent.Kafka;
using Ingest.Sinks.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests;

/// <summary>What a lane is told when no broker answers.</summary>
public sealed class OpeningTests
{
    [Fact]
    public async Task A_refusal_that_came_between_two_openings_still_blocks()
    {
        var session = new SilentSession();
        await using var sink = NewSink(session);
        Assert.Equal(VerdictKind.Retryable, (await sink.OpenAsync(CancellationToken.None)).Kind);

        session.Refused = new SinkVerdict(VerdictKind.Blocked, "no such login");
        Assert.Equal(session.Refused, await sink.OpenAsync(CancellationToken.None));

        session.Refused = null;
        Assert.Equal(VerdictKind.Retryable, (await sink.OpenAsync(CancellationToken.None)).Kind);
    }

    private static KafkaSink NewSink(IProducerSession session) =>
        new("lane", new KafkaOptions(), _ => Guid.Empty, TimeProvider.System, NullLogger.Instance, (_, _) => session);

    /// <summary>A producer whose brokers never answer.</summary>
    private sealed class SilentSession : IProducerSession
    {
        public ProducerRoom Room { get; } = new(SendMode.Fast, bytesMax: 1000, eventsMax: 10);

        public ConnectionTrouble? Trouble => null;

        public SinkVerdict? Refused { get; set; }

        public ErrorCode Produce(string topic, Message<byte[], byte[]> message, LedgerEntry entry) => ErrorCode.Local_AllBrokersDown;

        public Task<ClusterAnswer> AskAsync(TimeSpan timeout) =>
            Task.FromResult(new ClusterAnswer(new SinkVerdict(VerdictKind.Retryable, "silence"), 0));

        public Task CloseAsync(TimeSpan timeout)
        {
            Room.Die();
            return Task.CompletedTask;
        }
    }
}
