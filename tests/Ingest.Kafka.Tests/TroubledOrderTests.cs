using Confluent.Kafka;
using Ingest.Kafka.Tests.Rig;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests;

/// <summary>
/// An event of a key comes back from a producer just when a later one of the key is on its way to it, or to the producer for troubled
/// topics: the later one waits.
/// </summary>
public sealed class TroubledOrderTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly List<ScriptedSession> _sessions = [];

    [Theory]
    [InlineData(ErrorCode.Local_UnknownTopic)]
    [InlineData(ErrorCode.Local_Transport)]
    public async Task What_waited_for_room_does_not_overtake_an_earlier_event_of_its_key_that_came_back_meanwhile(ErrorCode code)
    {
        await using var sink = NewSink(_ => { }, room: 1);
        var first = Send(sink, (1, "k"));
        var second = Send(sink, (2, "k"));
        await Poll.Until("the first is with the producer", () => _sessions is [{ Held.Count: 1 }]);

        _sessions[0].Report(1, code);

        Assert.NotEqual(VerdictKind.Delivered, (await first)[0].Kind);
        Assert.Equal(VerdictScope.NotTried, (await second)[0].Scope);
        Assert.DoesNotContain(_sessions, session => session.Held.ContainsKey(2));
    }

    [Fact]
    public async Task What_is_tried_apart_does_not_overtake_an_earlier_event_of_its_key_that_comes_back_at_that_moment()
    {
        await using var sink = NewSink(made =>
        {
            if (made == 2)
            {
                // The producer for troubled topics is being made: the other one dies, and reports what it held.
                _sessions[0].Room.Die();
                _sessions[0].Report(1, ErrorCode.Local_PurgeQueue);
            }
        });
        var first = Send(sink, (1, "k"));
        await Poll.Until("the first is with the producer", () => _sessions is [{ Held.Count: 1 }]);
        _sessions[0].Refuses = 2;

        var second = await Send(sink, (2, "other"), (3, "k"));

        Assert.Equal([VerdictKind.Blocked, VerdictKind.Blocked], [second[0].Kind, second[1].Kind]);
        Assert.Equal(VerdictScope.Stream, second[1].Scope);
        Assert.DoesNotContain(_sessions, session => session.Held.ContainsKey(3));
        Assert.NotEqual(VerdictKind.Delivered, (await first)[0].Kind);
    }

    [Fact]
    public async Task A_topic_is_tried_with_one_event_also_when_the_producer_for_it_had_died()
    {
        await using var sink = NewSink(_ => { });
        var warm = Send(sink, (1, "a"));
        await Poll.Until("it is with the producer", () => _sessions is [{ Held.Count: 1 }]);
        _sessions[0].Report(1, ErrorCode.NoError);
        await warm;
        _sessions[0].Refuses = 2;
        await Send(sink, (2, "a"));
        var tried = Send(sink, (2, "a"));
        await Poll.Until("it is tried apart", () => _sessions is [_, { Held.Count: 1 }]);
        _sessions[1].Room.Die();
        _sessions[1].Report(2, ErrorCode.Local_PurgeQueue);
        await tried;

        var again = Send(sink, (2, "a"), (3, "b"));
        await Poll.Until("it is tried with another producer", () => _sessions is [_, _, { Held.Count: > 0 }]);
        var later = await Send(sink, (4, "c"));

        Assert.Equal([2L], _sessions[2].Held.Keys);
        Assert.DoesNotContain(_sessions, session => session.Held.ContainsKey(4));
        Assert.Equal(VerdictKind.Blocked, later[0].Kind);
        _sessions[2].Report(2, ErrorCode.NoError);
        Assert.Equal(VerdictKind.Delivered, (await again)[0].Kind);
    }

    [Fact]
    public async Task What_waits_behind_a_refused_topic_is_refused_as_it_was_until_one_of_it_is_delivered()
    {
        await using var sink = NewSink(_ => { });
        var warm = Send(sink, (1, "a"));
        await Poll.Until("it is with the producer", () => _sessions is [{ Held.Count: 1 }]);
        _sessions[0].Report(1, ErrorCode.NoError);
        await warm;
        _sessions[0].Refuses = 2;
        var refused = await Send(sink, (2, "a"));
        var tried = Send(sink, (2, "a"), (3, "b"));
        await Poll.Until("it is tried apart", () => _sessions is [_, { Held.Count: 1 }]);

        var other = await Send(sink, (4, "c"));

        Assert.Equal((VerdictKind.Blocked, VerdictScope.Stream, refused[0].Reason), (other[0].Kind, other[0].Scope, other[0].Reason));
        _sessions[1].Report(2, ErrorCode.NoError);
        var rest = await tried;
        Assert.Equal([VerdictKind.Delivered, VerdictKind.Retryable], [rest[0].Kind, rest[1].Kind]);
        Assert.Equal(VerdictScope.NotTried, rest[1].Scope);
    }

    private static async Task<SinkResult> Send(KafkaSink sink, params (long Number, string Key)[] events)
    {
        var batch = new EventBatch();
        foreach (var (number, key) in events)
        {
            var body = new System.Buffers.ArrayBufferWriter<byte>();
            new TestEvent("{}") { Key = key }.Write(body, 0);
            batch.Add(number, body.WrittenSpan);
        }
        var sending = sink.SendAsync(batch, TestContext.Current.CancellationToken).AsTask();
        return await sending.WaitAsync(Deadline, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private KafkaSink NewSink(Action<int> making, long room = 10) => new(
        "model", new KafkaOptions(), _ => Guid.Empty, TimeProvider.System, NullLogger.Instance, (mode, _) =>
        {
            making(_sessions.Count + 1);
            var session = new ScriptedSession(mode, room);
            _sessions.Add(session);
            return session;
        });

    /// <summary>A producer that does what a test says.</summary>
    private sealed class ScriptedSession(SendMode mode, long room) : IProducerSession
    {
        internal Dictionary<long, LedgerEntry> Held { get; } = [];

        /// <summary>The event whose topic it does not know.</summary>
        internal long Refuses { get; set; }

        public ProducerRoom Room { get; } = new(mode, bytesMax: 1000, eventsMax: room);

        public ConnectionTrouble? Trouble => null;

        public SinkVerdict? Refused => null;

        public ErrorCode Produce(string topic, Message<byte[], byte[]> message, LedgerEntry entry)
        {
            if (entry.Sequence == Refuses)
            {
                return ErrorCode.Local_UnknownTopic;
            }
            Held.Add(entry.Sequence, entry);
            return ErrorCode.NoError;
        }

        public Task<ClusterAnswer> AskAsync(TimeSpan timeout) => Task.FromResult(new ClusterAnswer(SinkVerdict.Delivered, 1));

        public Task CloseAsync(TimeSpan timeout)
        {
            Room.Die();
            return Task.CompletedTask;
        }

        internal void Report(long number, ErrorCode code) => Held[number].Reported(
            new DeliveryReport<byte[], byte[]> { Error = new Error(code, "scripted"), Topic = "default" });
    }
}
