using Confluent.Kafka;
using Ingest.Sinks.Contract;
using Microsoft.Extensions.Logging;

namespace Ingest.Kafka;

/// <summary>
/// One transactional producer and the consumer that reads the progress, from their making to their end. Calls block. One thread at a time,
/// but for the client's own.
/// </summary>
internal sealed class TransactionSession : ITransactionSession
{
    private static readonly TimeSpan SendingStep = TimeSpan.FromMilliseconds(1);

    // Each takes up to twice its time: a transaction that cannot be sent is committed, and fails, this much later.
    private const int SendingSteps = 50;

    private readonly IProducer<byte[], byte[]> _producer;
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly TransactionIdentity _identity;
    private readonly ConnectionNotes _connections;
    private readonly TopicPartition _place;
    private readonly ILogger _logger;

    // Written by the worker, read by any, Volatile.
    private long _successes;

    // Written on the poll thread, read by the worker.
    private volatile Error? _broken;

    internal TransactionSession(
        KafkaOptions options,
        TransactionIdentity identity,
        SendMode mode,
        int? batchBytesMax,
        TimeProvider time,
        ILogger logger,
        Action<string> onStatistics)
    {
        (_identity, _connections, _logger, Mode) = (identity, new ConnectionNotes(time), logger, mode);
        _place = new TopicPartition(options.ProgressTopic, 0);
        var settings = ClientSettings.ForTransactions(options, identity.Id, mode, batchBytesMax);
        // The fate of a transaction is that of all its messages: reports on each are asked for only to find a guilty one.
        settings.Add(new(ConfigPropertyNames.Producer.EnableDeliveryReports, mode == SendMode.Careful ? "true" : "false"));
        if (mode == SendMode.Careful)
        {
            settings.Add(new(ConfigPropertyNames.Producer.DeliveryReportFields, "none"));
        }
        _producer = new ProducerBuilder<byte[], byte[]>(settings)
            .SetErrorHandler((_, error) => OnError(error))
            .SetLogHandler((_, message) => Log.Client(_logger, message))
            .SetStatisticsHandler((_, json) => onStatistics(json))
            .Build();
        _consumer = new ConsumerBuilder<byte[], byte[]>(ClientSettings.ForProgress(options, identity.Id))
            .SetErrorHandler((_, error) => OnReaderError(error))
            .SetLogHandler((_, message) => Log.Client(_logger, message))
            .Build();
    }

    /// <inheritdoc/>
    public SendMode Mode { get; }

    /// <inheritdoc/>
    public SinkVerdict? Refused => _connections.Refusal(Volatile.Read(ref _successes));

    /// <inheritdoc/>
    public ConnectionTrouble? Trouble => _connections.Trouble(Volatile.Read(ref _successes));

    /// <inheritdoc/>
    public void Init(TimeSpan timeout)
    {
        _producer.InitTransactions(timeout);
        Volatile.Write(ref _successes, _successes + 1);
    }

    /// <inheritdoc/>
    public string? ReadProgress(TimeSpan timeout) => ProgressOffsets.Read(_consumer.Handle, _place, timeout);

    /// <inheritdoc/>
    public void Begin()
    {
        ThrowIfBroken();
        _producer.BeginTransaction();
    }

    /// <inheritdoc/>
    public void SendProgress(Progress progress, TimeSpan timeout) =>
        ProgressOffsets.Send(_producer.Handle, _identity.Id, _place, progress.Offset, progress.Encode(), timeout);

    /// <inheritdoc/>
    public void Commit(TimeSpan timeout)
    {
        ThrowIfBroken();
        Send();
        // A report that was lost may be that of a message which was refused.
        ThrowIfBroken();
        _producer.CommitTransaction(timeout);
        Volatile.Write(ref _successes, _successes + 1);
    }

    /// <inheritdoc/>
    public void Abort(TimeSpan timeout) => _producer.AbortTransaction(timeout);

    /// <inheritdoc/>
    public ErrorCode AskForTopic(string topic, TimeSpan timeout)
    {
        try
        {
            using var admin = new DependentAdminClientBuilder(_producer.Handle).Build();
            var found = admin.GetMetadata(topic, timeout).Topics.FirstOrDefault(found => found.Topic == topic);
            return found is null ? ErrorCode.UnknownTopicOrPart
                : found.Error.Code != ErrorCode.NoError ? found.Error.Code
                : found.Partitions.Count == 0 ? ErrorCode.LeaderNotAvailable
                : ErrorCode.NoError;
        }
        catch (KafkaException failure)
        {
            return failure.Error.Code;
        }
    }

    /// <inheritdoc/>
    public void Produce(string topic, Message<byte[], byte[]> message, Action<ErrorCode>? reported)
    {
        if (reported is null)
        {
            _producer.Produce(topic, message);
        }
        else
        {
            _producer.Produce(topic, message, report => reported(report.Error.Code));
        }
    }

    /// <inheritdoc/>
    public void Close(TimeSpan timeout)
    {
        var end = Task.Run(() =>
        {
            _producer.Dispose();
            _consumer.Dispose();
        });
        if (Task.WaitAny([end], timeout) != 0)
        {
            Log.CloseTookTooLong(_logger, timeout);
        }
    }

    // A commit of librdkafka 2.16 looks every 10 ms whether all messages are sent (findings/librdkafka-commit-steps.sh). What these steps
    // leave is waited for by the commit.
    private void Send()
    {
        for (var step = 0; step < SendingSteps && _producer.Flush(SendingStep) > 0; step++)
        {
        }
    }

    private void ThrowIfBroken()
    {
        if (_broken is { } error)
        {
            throw new KafkaException(error);
        }
    }

    private void OnError(Error error)
    {
        var successes = Volatile.Read(ref _successes);
        if (error.Code == ErrorCode.Local_AllBrokersDown)
        {
            _connections.AllFailed(error, Refused, successes);
            return;
        }
        // A callback of ours failed, as any does when memory is short: a report that was told to it is lost and never comes again.
        if (error.Code == ErrorCode.Local_Application)
        {
            _broken = error;
        }
        Note(error, successes);
    }

    // The reader of the progress has connections of its own: when it has none left, the producer may have some.
    private void OnReaderError(Error error)
    {
        if (error.Code != ErrorCode.Local_AllBrokersDown)
        {
            Note(error, Volatile.Read(ref _successes));
        }
    }

    private void Note(Error error, long successes)
    {
        var verdict = VerdictTable.ForConnection(error.Code, error.Reason);
        _connections.Failed(error, verdict.Kind == VerdictKind.Blocked && !error.IsFatal ? verdict : null, successes);
    }
}
