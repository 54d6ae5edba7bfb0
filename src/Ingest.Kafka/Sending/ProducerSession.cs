using Confluent.Kafka;
using Ingest.Sinks.Contract;
using Microsoft.Extensions.Logging;

namespace Ingest.Kafka;

/// <summary>One producer from its making to its end: what its errors mean, its death by a fatal one, and its end within a bound.</summary>
internal sealed class ProducerSession : IProducerSession
{
    // The client counts a message until after its report: staying below its limits keeps its "queue full" out of the ordinary run.
    private const double OwnShareOfQueue = 15.0 / 16;

    private static readonly TimeSpan WarmingMax = TimeSpan.FromSeconds(1);

    private readonly IProducer<byte[], byte[]> _producer;
    private readonly ConnectionNotes _connections;
    private readonly ILogger _logger;
    private readonly Action<SinkVerdict> _onRefused;
    private readonly Task _warming;

    // Poll thread only: the last error was a refusal of us, not of the network.
    private SinkVerdict? _refusal;

    internal ProducerSession(
        KafkaOptions options,
        SendMode mode,
        int? batchBytesMax,
        TimeProvider time,
        ILogger logger,
        Action<SinkVerdict> onRefused,
        Action<string> onStatistics)
    {
        _connections = new ConnectionNotes(time);
        _logger = logger;
        _onRefused = onRefused;
        Room = new ProducerRoom(mode, (long)(options.QueueBytesMax * OwnShareOfQueue), (long)(options.QueueEventsMax * OwnShareOfQueue));
        var settings = ClientSettings.For(options, mode, batchBytesMax);
        // Reports need to say which and whether: copying keys, values and headers back would cost as much as sending them.
        settings.Add(new(ConfigPropertyNames.Producer.DeliveryReportFields, "none"));
        _producer = new ProducerBuilder<byte[], byte[]>(settings)
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, message) => Log.Client(_logger, message))
            .SetStatisticsHandler((_, json) => onStatistics(json))
            .Build();
        _warming = WarmAsync();
    }

    /// <inheritdoc/>
    public ProducerRoom Room { get; }

    /// <inheritdoc/>
    public ConnectionTrouble? Trouble => _connections.Trouble(Room.Delivered);

    /// <inheritdoc/>
    public SinkVerdict? Refused => _connections.Refusal(Room.Delivered);

    /// <inheritdoc/>
    public Task<ClusterAnswer> AskAsync(TimeSpan timeout) => ClusterProbe.AskAsync(_producer.Handle, timeout);

    /// <inheritdoc/>
    public ErrorCode Produce(string topic, Message<byte[], byte[]> message, LedgerEntry entry)
    {
        try
        {
            _producer.Produce(topic, message, entry.Reported);
            return ErrorCode.NoError;
        }
        catch (KafkaException failure)
        {
            if (failure.Error.IsFatal)
            {
                Room.Die();
            }
            return failure.Error.Code;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A dead one is first given a moment to report what became of its messages; others are not flushed: no attempt would hear of what is
    /// delivered now, and it would be delivered again after the next start.
    /// </remarks>
    public async Task CloseAsync(TimeSpan timeout)
    {
        var wasDead = Room.IsDead;
        Room.Die();
        var end = Task.Run(async () =>
        {
            await _warming;
            if (wasDead)
            {
                _producer.Flush(timeout);
            }
            _producer.Dispose();
        });
        var limit = wasDead ? timeout * 2 : timeout;
        if (await Task.WhenAny(end, Task.Delay(limit, TimeProvider.System)) != end)
        {
            Log.CloseTookTooLong(_logger, limit);
        }
    }

    // An idempotent producer asks for its id when metadata comes and a broker is connected, and else every 500 ms only (librdkafka 2.16).
    // The first answer comes over the bootstrap connection, which the client then gives up: the second is the first that finds a broker.
    private async Task WarmAsync()
    {
        var first = await AskAsync(WarmingMax);
        if (first.Verdict.Kind == VerdictKind.Delivered && !Room.IsDead)
        {
            await AskAsync(WarmingMax);
        }
    }

    private void OnError(Error error)
    {
        var wasTroubled = Trouble is not null;
        var verdict = VerdictTable.ForConnection(error.Code, error.Reason);
        if (verdict.Kind == VerdictKind.Blocked)
        {
            _refusal = verdict;
        }
        else if (error.Code != ErrorCode.Local_AllBrokersDown)
        {
            _refusal = null;
        }
        // A callback of ours failed, as any does when memory is short: a report that was told to it is lost and never comes again. What
        // waits for it would wait for ever.
        if (error.IsFatal || error.Code == ErrorCode.Local_Application)
        {
            // Before anything that may fail as well.
            Room.Die();
            Log.ProducerDied(_logger, VerdictTable.Reason(error.Code, error.Reason));
        }
        else if (error.Code == ErrorCode.Local_AllBrokersDown)
        {
            _connections.AllFailed(error, wasTroubled ? _refusal : null, Room.Delivered);
        }
        else
        {
            _connections.Failed(error, _refusal, Room.Delivered);
        }
        // One broker that refuses us may be a bad one; when none is left, or the producer died of it, it is us.
        if (_refusal is { } refusal && (error.IsFatal || (error.Code == ErrorCode.Local_AllBrokersDown && wasTroubled)))
        {
            _onRefused(refusal);
        }
    }
}
