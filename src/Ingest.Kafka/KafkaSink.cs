using Ingest.Sinks.Contract;
using Microsoft.Extensions.Logging;

namespace Ingest.Kafka;

/// <summary>
/// Delivers to Kafka with an idempotent producer. Attempts hand their events over one after another, in the order in which the lane made
/// them;
/// reports come back one by one. docs/kafka.md says which promises rest on what.
/// </summary>
internal sealed class KafkaSink : ISink, IRewindable, IConnectionAware
{
    private readonly string _lane;
    private readonly KafkaOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SendGate _gate = new();
    private readonly InFlightLedger _ledger;
    private readonly KafkaGauges _gauges;
    private readonly ApartSession _apart;
    private readonly Sender _sender;
    private readonly SessionPlan _plan = new();
    private readonly Func<SendMode, int?, IProducerSession> _newSession;

    // Written only with the turn, read by any.
    private volatile IProducerSession? _session;

    // Touched only with the turn.
    private Task? _closing;
    private Task _probe = Task.CompletedTask;
    private bool _disposed;

    // Any thread: why nothing can be delivered until the lane opens again.
    private volatile Refusal? _refusal;
    private volatile TaskCompletionSource _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes the sink; it touches nothing outside before it is opened.</summary>
    /// <param name="lane">The lane's name.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="epochOf">Under what identity the log gave an event's number out.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what operators should know.</param>
    /// <param name="newSession">Makes producers; null for the client's.</param>
    internal KafkaSink(
        string lane,
        KafkaOptions options,
        Func<long, Guid> epochOf,
        TimeProvider time,
        ILogger logger,
        Func<SendMode, int?, IProducerSession>? newSession = null)
    {
        Librdkafka.Load();
        _newSession = newSession ?? NewSession;
        _lane = lane;
        _options = options;
        _time = time;
        _logger = logger;
        var start = time.GetTimestamp();
        _ledger = new InFlightLedger(HeldKeys.UsualPatience, () => time.GetElapsedTime(start));
        _apart = new ApartSession(_ledger, () => _newSession(SendMode.Careful, null), options.CloseTimeout);
        _sender = new Sender(_ledger, new MessageEncoder(options, epochOf), _apart.Take);
        _gauges = new KafkaGauges(lane, logger);
        Traits = KafkaTraits.Of(options);
    }

    /// <inheritdoc/>
    public SinkTraits Traits { get; }

    /// <inheritdoc/>
    public ConnectionTrouble? Trouble => _session?.Trouble;

    /// <summary>The client's last statistics.</summary>
    internal ClientStatistics Statistics => _gauges.Last;

    /// <summary>Events of attempts that were given up.</summary>
    internal int LeftCount => _ledger.LeftCount;

    /// <inheritdoc/>
    public async ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel)
    {
        using var turn = _gate.Enter();
        await turn.ComeAsync(cancel);
        ObjectDisposedException.ThrowIf(_disposed, this);
        _refused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _refusal = null;
        IProducerSession session;
        try
        {
            session = await ReadySessionAsync(cancel);
        }
        catch (InvalidOperationException failure)
        {
            // A certificate that is not there, or is none: no broker was asked.
            return new SinkVerdict(VerdictKind.Blocked, $"The Kafka client cannot be made. {failure.Message}");
        }
        return await ProbeAsync(session, cancel);
    }

    /// <inheritdoc/>
    public async ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel)
    {
        using var turn = _gate.Enter();
        try
        {
            await turn.ComeAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            _ledger.Abandon(batch);
            throw;
        }
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_refusal is { } refusal)
        {
            _ledger.Abandon(batch);
            return new SinkResult(refusal.Verdict);
        }
        var attempt = _ledger.Begin(batch);
        try
        {
            var session = await ReadySessionAsync(cancel);
            await _sender.SendAsync(attempt, session, cancel);
            if (session.Room.Mode == SendMode.Fast)
            {
                turn.Leave();
            }
            await attempt.Settled.WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_ledger.IsAnsweredInPart(attempt))
            {
                cancel.ThrowIfCancellationRequested();
            }
        }
        catch
        {
            _ledger.Abandon(attempt);
            throw;
        }
        return _ledger.Finish(attempt);
    }

    /// <inheritdoc/>
    public ValueTask RewindAsync(long nextSequence, CancellationToken cancel)
    {
        // What was delivered but not yet told is delivered once more, as asked; what the client still holds goes out once.
        _ledger.Rewind(nextSequence);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _ledger.InterruptAll(new SinkVerdict(VerdictKind.Retryable, "The sink is closing."));
        using var turn = _gate.Enter();
        await turn.ComeAsync(CancellationToken.None);
        if (!_disposed)
        {
            _disposed = true;
            await _apart.EndAsync();
            await EndSessionAsync(CancellationToken.None);
            _gauges.Dispose();
        }
    }

    private async Task<SinkVerdict> ProbeAsync(IProducerSession session, CancellationToken cancel)
    {
        try
        {
            // One that was not waited for last time is not repeated beside itself.
            await _probe.WaitAsync(cancel);
            var probe = session.AskAsync(_options.OpenTimeout);
            _probe = probe;
            await Task.WhenAny(probe, _refused.Task).WaitAsync(cancel);
            if (_refusal is { } refusal)
            {
                return refusal.Verdict;
            }
            var (verdict, brokers) = await probe;
            if (verdict.Kind == VerdictKind.Delivered)
            {
                Log.Opened(_logger, _lane, brokers, _options.BootstrapServers, Traits.Client);
            }
            return verdict.Kind is VerdictKind.Delivered or VerdictKind.Blocked ? verdict : Unanswered(session, verdict.Reason);
        }
        catch (OperationCanceledException)
        {
            return Unanswered(session, "The lane waits no longer.");
        }
    }

    // A refusal that came between two openings is told once only, and stands.
    private SinkVerdict Unanswered(IProducerSession session, string otherwise) => session.Refused ?? new SinkVerdict(
        VerdictKind.Retryable, $"No broker of {_options.BootstrapServers} has answered. {session.Trouble?.Reason ?? otherwise}");

    private async ValueTask<IProducerSession> ReadySessionAsync(CancellationToken cancel)
    {
        if (_session is { } session)
        {
            if (!SessionPlan.MustReplace(session.Room, _ledger.IsolationSet))
            {
                return session;
            }
            await EndSessionAsync(cancel);
        }
        if (_plan.Next(_ledger.IsolationSet) is { } shrunk)
        {
            Log.BatchesShrunk(_logger, shrunk);
        }
        if (_plan.Mode == SendMode.Careful)
        {
            Log.SendingCarefully(_logger);
        }
        return _session = _newSession(_plan.Mode, _plan.BatchBytesMax);
    }

    private ProducerSession NewSession(SendMode mode, int? batchBytesMax) =>
        new(_options, mode, batchBytesMax, _time, _logger, Refuse, _gauges.Read);

    private async Task EndSessionAsync(CancellationToken cancel)
    {
        if (_session is not { } session)
        {
            return;
        }
        // A probe still uses the producer's handle; it ends within its own timeout.
        await _probe.WaitAsync(cancel);
        await (_closing ??= session.CloseAsync(_options.CloseTimeout)).WaitAsync(cancel);
        _ledger.Forget(session.Room);
        _session = null;
        _closing = null;
    }

    private void Refuse(SinkVerdict verdict)
    {
        _refusal = new Refusal(verdict);
        _refused.TrySetResult();
        _ledger.InterruptAll(verdict);
    }

    private sealed record Refusal(SinkVerdict Verdict);
}
