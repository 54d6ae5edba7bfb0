using Ingest.Sinks.Contract;
using Microsoft.Extensions.Logging;

namespace Ingest.Kafka;

/// <summary>
/// Delivers to Kafka in transactions that carry the lane's progress: what Kafka says it has is not sent again, whatever the node remembers.
/// docs/once.md says which promises rest on what.
/// </summary>
internal sealed class KafkaTransactionSink : ISink, IRewindable, IPositionAware, IConnectionAware
{
    // Their numbers have room in the progress, whatever they are.
    private const int OutOfTurnEventsMax = 100;

    private readonly KafkaOptions _options;
    private readonly TransactionIdentity _identity;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TransactionWorker _worker;
    private readonly ProgressOwner _owner;
    private readonly TransactionDelivery _delivery;
    private readonly HeldKeys _owed = new(HeldKeys.UsualPatience);
    private readonly KafkaGauges _gauges;
    private bool _disposed;

    /// <summary>Makes the sink; it touches nothing outside before it is opened.</summary>
    /// <param name="setup">What it is made from.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="logger">For what operators should know.</param>
    internal KafkaTransactionSink(SinkSetup setup, KafkaOptions options, ILogger logger)
    {
        Librdkafka.Load();
        (_options, _time, _logger) = (options, setup.Time, logger);
        _identity = new TransactionIdentity(setup.LogId, setup.Name, setup.EpochOf(long.MaxValue));
        _gauges = new KafkaGauges(setup.Name, logger);
        var start = setup.Time.GetTimestamp();
        _worker = new TransactionWorker(setup.Name, () => _delivery!.Deliver());
        var calls = new TransactionCalls(setup.Time, options.CloseTimeout, _worker.Closing);
        _owner = new ProgressOwner(options, _identity, LogNumbers.Of(setup), NewSession, calls, logger, _worker.Closing);
        var topics = new KnownTopics(
            topic => _owner.Session.AskForTopic(topic, options.OpenTimeout), options.TopicWait, setup.Time, _worker.Closing);
        var fill = new TransactionFill(
            _owner, new MessageEncoder(options, setup.EpochOf), topics, _owed, () => setup.Time.GetElapsedTime(start));
        _delivery = new TransactionDelivery(options, _worker, _owner, topics, fill, calls, setup.Time);
        Traits = KafkaTraits.Of(options) with { OutOfTurnEventsMax = OutOfTurnEventsMax };
    }

    /// <inheritdoc/>
    public SinkTraits Traits { get; }

    /// <inheritdoc/>
    public ConnectionTrouble? Trouble => _owner.Trouble;

    /// <summary>What the cluster has, as of the last commit.</summary>
    internal Progress Progress => _owner.Progress;

    /// <summary>The process, as the progress names it.</summary>
    internal string Owner => _identity.Owner;

    /// <inheritdoc/>
    public void PositionSaved(long position, IOwedEvents owes)
    {
        // In this order: what is owed is asked for up to the position.
        _owner.Owes = owes;
        _owner.Saved = position;
    }

    /// <inheritdoc/>
    public async ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel) =>
        await _worker.DoAsync(_owner.Ensure).WaitAsync(cancel);

    /// <inheritdoc/>
    public async ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
    {
        var handover = new Handover(batch);
        _worker.Add(handover);
        try
        {
            return await handover.Result.WaitAsync(cancel);
        }
        catch
        {
            handover.Abandon();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask RewindAsync(long nextSequence, CancellationToken cancel) =>
        await _worker.DoAsync(() =>
        {
            _owner.Rewind(nextSequence);
            _owed.Clear();
            return true;
        });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        var limit = _options.CloseTimeout * 2;
        if (!await Task.Run(() => _worker.End(Close, limit)))
        {
            Log.CloseTookTooLong(_logger, limit);
            return;
        }
        _worker.Dispose();
        _gauges.Dispose();
    }

    private void Close()
    {
        _delivery.FailWaiting(new SinkVerdict(VerdictKind.Retryable, "The sink is closing.", Scope: VerdictScope.NotTried));
        _owner.End();
    }

    private TransactionSession NewSession(SendMode mode, int? batchBytesMax) =>
        new(_options, _identity, mode, batchBytesMax, _time, _logger, _gauges.Read);
}
