using Ingest.Publishing.Breaker;
using Ingest.Sinks.Contract;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Ingest.Publishing.Lanes;

/// <summary>
/// Calls a sink through Polly's breaker and timeout, and makes every attempt end: one that ignores its cancellation is left behind after a
/// grace. Why the lane may trust Polly's breaker here is in docs/decisions/0005-breaker.md.
/// </summary>
internal sealed class SinkCaller
{
    private static readonly ResiliencePropertyKey<TimeSpan> TimeoutKey = new("timeout");

    private readonly PublishingOptions _options;
    private readonly TimeProvider _time;
    private readonly BreakerClock _clock;
    private readonly Backoff _pause;
    private readonly ResiliencePipeline<SinkResult> _apart;

    // Replaced as a whole by the lane loop, read by any thread.
    private volatile Breaker _breaker;

    // When the current pause ends, on the breaker's clock. Written by the outcome that opens, read by the lane loop after that
    // attempt ended.
    private long _openUntilTicks;

    // Any thread, Volatile.
    private double _failureRatio;

    internal SinkCaller(PublishingOptions options, TimeProvider time, Random random)
    {
        _options = options;
        _time = time;
        _clock = new BreakerClock(time);
        _pause = new Backoff(options.BreakerPauseMin, options.BreakerPauseMax, random);
        _failureRatio = options.BreakerFailureRatio;
        _breaker = NewBreaker(_failureRatio);
        _apart = AddTimeout(new ResiliencePipelineBuilder<SinkResult> { TimeProvider = _clock }).Build();
    }

    /// <summary>
    /// Share of failed attempts at which the breaker opens; above 0, at most 1. A change counts from the next attempt of a closed breaker
    /// on, which begins to count anew; one that is open finds its way back first. Any thread.
    /// </summary>
    internal double FailureRatio
    {
        get => Volatile.Read(ref _failureRatio);
        set => Volatile.Write(ref _failureRatio, value);
    }

    internal BreakerState State => _breaker.State.CircuitState switch
    {
        CircuitState.Closed => BreakerState.Closed,
        CircuitState.HalfOpen => BreakerState.HalfOpen,
        _ => BreakerState.Open,
    };

    /// <summary>How long the breaker stays open; zero when a probe may go.</summary>
    internal TimeSpan OpenFor
    {
        get
        {
            var left = new DateTimeOffset(Interlocked.Read(ref _openUntilTicks), TimeSpan.Zero) - _clock.GetUtcNow();
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Ends an open breaker's pause now.</summary>
    internal void SkipPause() => _clock.Skip(OpenFor);

    /// <summary>
    /// One attempt; begun by the lane loop only. Never throws; ends within <paramref name="timeout"/> and the grace, whatever the sink
    /// does.
    /// </summary>
    /// <param name="sink">The sink.</param>
    /// <param name="batch">Stays the caller's, unless the attempt was left behind.</param>
    /// <param name="timeout">Time the sink has; infinite for sinks that keep time themselves.</param>
    /// <param name="cancel">The lane stops.</param>
    internal ValueTask<AttemptResult> SendAsync(ISink sink, EventBatch batch, TimeSpan timeout, CancellationToken cancel) =>
        SendAsync(CurrentBreaker().Pipeline, sink, batch, timeout, cancel);

    /// <summary>One attempt with parked events: as one with other batches, but the breaker neither judges nor prevents it.</summary>
    internal ValueTask<AttemptResult> SendApartAsync(ISink sink, EventBatch batch, TimeSpan timeout, CancellationToken cancel) =>
        SendAsync(_apart, sink, batch, timeout, cancel);

    private async ValueTask<AttemptResult> SendAsync(
        ResiliencePipeline<SinkResult> pipeline, ISink sink, EventBatch batch, TimeSpan timeout, CancellationToken cancel)
    {
        var attempt = new Attempt(sink, batch, timeout);
        var context = ResilienceContextPool.Shared.Get(cancel);
        context.Properties.Set(TimeoutKey, timeout);
        try
        {
            var outcome = await pipeline.ExecuteOutcomeAsync(CallAsync, context, attempt);
            return Judge(outcome, attempt, cancel);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private Breaker CurrentBreaker()
    {
        var (breaker, wanted) = (_breaker, FailureRatio);
        if (breaker.FailureRatio == wanted || breaker.State.CircuitState != CircuitState.Closed)
        {
            return breaker;
        }
        return _breaker = NewBreaker(wanted);
    }

    private Breaker NewBreaker(double failureRatio)
    {
        var state = new CircuitBreakerStateProvider();
        var builder = new ResiliencePipelineBuilder<SinkResult> { TimeProvider = _clock }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<SinkResult>
            {
                FailureRatio = failureRatio,
                MinimumThroughput = _options.BreakerAttemptsMin,
                SamplingDuration = _options.BreakerWindow,
                BreakDurationGenerator = arguments => new(NextPause(arguments.HalfOpenAttempts)),
                // Everything that is not proof of a live sink is a failure, a cancellation above all.
                ShouldHandle = arguments => new(!ProvesLife(arguments.Outcome)),
                StateProvider = state,
            });
        var pipeline = AddTimeout(builder).Build();
        return new Breaker(failureRatio, state, pipeline);
    }

    private static ResiliencePipelineBuilder<SinkResult> AddTimeout(ResiliencePipelineBuilder<SinkResult> builder) =>
        builder.AddTimeout(new TimeoutStrategyOptions
        {
            TimeoutGenerator = arguments => new(arguments.Context.Properties.GetValue(TimeoutKey, default)),
        });

    private async ValueTask<Outcome<SinkResult>> CallAsync(ResilienceContext context, Attempt attempt)
    {
        try
        {
            var sending = attempt.Sink.SendAsync(attempt.Batch, context.CancellationToken);
            return Outcome.FromResult(Read(sending.IsCompletedSuccessfully
                ? sending.Result
                : await EndAsync(sending.AsTask(), attempt, context)));
        }
        catch (Exception e)
        {
            return Outcome.FromException<SinkResult>(e);
        }
    }

    // A list of the sink's own making is read here, once, where what it throws is a failed attempt.
    private static SinkResult Read(SinkResult result) =>
        result.PerEvent is null or SinkVerdict[] or List<SinkVerdict> ? result : result with { PerEvent = [.. result.PerEvent] };

    // Waits for the sink; once the attempt was cancelled, no longer than the grace.
    private async Task<SinkResult> EndAsync(Task<SinkResult> sending, Attempt attempt, ResilienceContext context)
    {
        Task ending = sending;
        await ending.WaitAsync(context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!sending.IsCompleted)
        {
            await ending.WaitAsync(_options.AttemptGrace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (!sending.IsCompleted)
        {
            attempt.LeaveBehind(sending);
            throw new TimeoutException();
        }
        return await sending;
    }

    private static AttemptResult Judge(Outcome<SinkResult> outcome, Attempt attempt, CancellationToken cancel)
    {
        var result = outcome.Exception switch
        {
            null => outcome.Result,
            _ when cancel.IsCancellationRequested => Failed("the lane stops"),
            TimeoutRejectedException or TimeoutException => Failed($"no answer within {attempt.Timeout}"),
            BrokenCircuitException => Failed("the breaker is open"),
            var e => Failed($"{e.GetType().Name}: {e.Message}"),
        };
        if (result.PerEvent is { } verdicts && verdicts.Count != attempt.Batch.Count)
        {
            result = Failed($"the sink gave {verdicts.Count} verdicts on {attempt.Batch.Count} events");
        }
        if (!IsSound(result.Verdict) || result.PerEvent?.All(IsSound) == false)
        {
            result = Failed("the sink gave a verdict of no kind, or without a reason");
        }
        return new AttemptResult(result, attempt.Replacement, outcome.Exception is BrokenCircuitException);
    }

    private static bool IsSound(SinkVerdict verdict) => verdict.Kind == VerdictKind.Delivered
        || (verdict.Kind <= VerdictKind.Blocked && verdict.Reason is not null);

    private static SinkResult Failed(string reason) => new(new SinkVerdict(VerdictKind.Retryable, reason));

    private static bool ProvesLife(Outcome<SinkResult> outcome)
    {
        if (outcome.Exception is not null)
        {
            return false;
        }
        var result = outcome.Result;
        return result.PerEvent is null ? ProvesLife(result.Verdict) : result.PerEvent.Any(ProvesLife);
    }

    // Who says that an event, a key or a stream is the reason lives.
    private static bool ProvesLife(SinkVerdict verdict) =>
        verdict.Kind != VerdictKind.Retryable || verdict.Scope is VerdictScope.Event or VerdictScope.Key or VerdictScope.Stream;

    private TimeSpan NextPause(int failedProbes)
    {
        var pause = _pause.After(failedProbes + 1);
        Interlocked.Exchange(ref _openUntilTicks, (_clock.GetUtcNow() + pause).UtcTicks);
        return pause;
    }

    private sealed record Breaker(double FailureRatio, CircuitBreakerStateProvider State, ResiliencePipeline<SinkResult> Pipeline);

    private sealed class Attempt(ISink sink, EventBatch batch, TimeSpan timeout)
    {
        public ISink Sink { get; } = sink;

        public EventBatch Batch { get; } = batch;

        public TimeSpan Timeout { get; } = timeout;

        public EventBatch? Replacement { get; private set; }

        // The call may still read the batch, so the lane goes on with a copy; the original is given back when the call ends, if it ever
        // does.
        public void LeaveBehind(Task<SinkResult> sending)
        {
            Replacement = Batch.Select(Enumerable.Range(0, Batch.Count));
            _ = sending.ContinueWith(
                static (ended, batch) =>
                {
                    _ = ended.Exception;
                    ((EventBatch)batch!).Dispose();
                },
                Batch,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }
}

/// <summary>How an attempt ended.</summary>
/// <param name="Result">The sink's verdicts.</param>
/// <param name="Replacement">
/// Not null when the sink did not end in time and may still read the batch: a copy the lane goes on with; the batch is no longer its own.
/// </param>
/// <param name="NotSent">The breaker kept the batch from being sent.</param>
internal readonly record struct AttemptResult(SinkResult Result, EventBatch? Replacement, bool NotSent);
