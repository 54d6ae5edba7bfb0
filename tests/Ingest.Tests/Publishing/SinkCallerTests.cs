using Ingest.Publishing;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Ingest.Tests.Sinks;

namespace Ingest.Tests.Publishing;

/// <summary>The breaker around a sink, and the traps of wrapping calls in one.</summary>
public sealed class SinkCallerTests : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly PublishingOptions _options = new()
    {
        BreakerAttemptsMin = 4,
        BreakerPauseMin = TimeSpan.FromSeconds(2),
        BreakerPauseMax = TimeSpan.FromSeconds(8),
        AttemptGrace = TimeSpan.FromSeconds(1),
    };

    private readonly JumpingTime _time = new();
    private readonly ScriptedSink _sink = new();
    private readonly EventBatch _batch = TestEvents.Numbered(1, 3);

    [Fact]
    public async Task It_opens_when_half_of_the_attempts_fail_and_not_before()
    {
        var caller = Caller();
        await Send(caller, VerdictKind.Delivered);
        await Send(caller, VerdictKind.Retryable);
        await Send(caller, VerdictKind.Retryable);
        Assert.Equal(BreakerState.Closed, caller.State);
        await Send(caller, VerdictKind.Retryable);
        Assert.Equal(BreakerState.Open, caller.State);
        Assert.InRange(caller.OpenFor, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Another_ratio_counts_from_the_next_attempt_of_a_closed_breaker_on()
    {
        var caller = Caller();
        caller.FailureRatio = 1;
        await Send(caller, VerdictKind.Delivered);
        for (var i = 0; i < 8; i++)
        {
            await Send(caller, VerdictKind.Retryable);
        }
        Assert.Equal(BreakerState.Closed, caller.State);
        caller.FailureRatio = 0.5;
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(BreakerState.Closed, caller.State);
            await Send(caller, VerdictKind.Retryable);
        }
        Assert.Equal(BreakerState.Open, caller.State);
        // An open one finds its way back first.
        caller.FailureRatio = 0.1;
        Assert.True((await Send(caller, VerdictKind.Delivered)).NotSent);
    }

    [Theory]
    [InlineData(VerdictKind.Congested)]
    [InlineData(VerdictKind.Rejected)]
    [InlineData(VerdictKind.Blocked)]
    public async Task A_sink_that_answers_is_alive_whatever_it_says(VerdictKind kind)
    {
        var caller = Caller();
        for (var i = 0; i < 20; i++)
        {
            await Send(caller, kind);
        }
        Assert.Equal(BreakerState.Closed, caller.State);
    }

    [Fact]
    public async Task While_it_is_open_nothing_reaches_the_sink()
    {
        var caller = await OpenedAsync();
        var sends = _sink.Sends;
        var result = await Send(caller, VerdictKind.Delivered);
        Assert.True(result.NotSent);
        Assert.Equal(sends, _sink.Sends);
    }

    [Fact]
    public async Task A_probe_that_succeeds_closes_it()
    {
        var caller = await OpenedAsync();
        _time.Advance(caller.OpenFor);
        Assert.Equal(TimeSpan.Zero, caller.OpenFor);
        await Send(caller, VerdictKind.Delivered);
        Assert.Equal(BreakerState.Closed, caller.State);
    }

    [Fact]
    public async Task Pauses_double_with_each_failed_probe_up_to_their_cap()
    {
        var caller = await OpenedAsync();
        var caps = new[] { 4, 8, 8, 8 };
        foreach (var cap in caps)
        {
            _time.Advance(caller.OpenFor);
            await Send(caller, VerdictKind.Retryable);
            Assert.Equal(BreakerState.Open, caller.State);
            Assert.InRange(caller.OpenFor, TimeSpan.FromSeconds(cap / 2.0), TimeSpan.FromSeconds(cap));
        }
    }

    [Fact]
    public async Task A_probe_that_never_ends_is_left_behind_and_the_next_one_goes()
    {
        var caller = await OpenedAsync();
        _time.Advance(caller.OpenFor);
        var never = new TaskCompletionSource<SinkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _sink.OnSend = (_, _) => never.Task;
        var probe = caller.SendAsync(_sink, _batch, Timeout, CancellationToken.None).AsTask();
        await Poll.Until("half-open", () => caller.State == BreakerState.HalfOpen);
        await AdvanceUntilEnded(probe);
        var result = await probe;
        Assert.Equal(3, result.Replacement!.Count);
        Assert.Equal(VerdictKind.Retryable, result.Result.Verdict.Kind);
        Assert.Equal(BreakerState.Open, caller.State);

        caller.SkipPause();
        await Send(caller, VerdictKind.Delivered);
        Assert.Equal(BreakerState.Closed, caller.State);

        // The one that was left behind ends after all; its outcome moves nothing.
        never.SetResult(ScriptedSink.All(VerdictKind.Retryable));
        Assert.Equal(BreakerState.Closed, caller.State);
    }

    [Fact]
    public async Task A_cancelled_probe_is_no_success()
    {
        var caller = await OpenedAsync();
        _time.Advance(caller.OpenFor);
        using var stop = new CancellationTokenSource();
        _sink.OnSend = async (_, cancel) =>
        {
            await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            return SinkResult.Delivered;
        };
        var probe = caller.SendAsync(_sink, _batch, Timeout, stop.Token).AsTask();
        await Poll.Until("half-open", () => caller.State == BreakerState.HalfOpen);
        await stop.CancelAsync();
        Assert.Equal(VerdictKind.Retryable, (await probe).Result.Verdict.Kind);
        Assert.Equal(BreakerState.Open, caller.State);
    }

    [Fact]
    public async Task An_attempt_has_its_time_and_no_more()
    {
        var caller = Caller();
        var cancelled = false;
        _sink.OnSend = async (_, cancel) =>
        {
            try
            {
                await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            }
            catch (OperationCanceledException)
            {
                cancelled = true;
                throw;
            }
            return SinkResult.Delivered;
        };
        var sending = caller.SendAsync(_sink, _batch, Timeout, CancellationToken.None).AsTask();
        // No further: the grace must not run out while the sink is on its way to hear of it.
        _time.Advance(Timeout);
        var result = await sending;
        Assert.True(cancelled);
        Assert.Null(result.Replacement);
        Assert.Equal("no answer within 00:00:10", result.Result.Verdict.Reason);
    }

    [Fact]
    public async Task A_sink_that_keeps_time_itself_is_not_interrupted()
    {
        var caller = Caller();
        var answer = new TaskCompletionSource<SinkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _sink.OnSend = (_, _) => answer.Task;
        var sending = caller.SendAsync(_sink, _batch, System.Threading.Timeout.InfiniteTimeSpan, CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromDays(1));
        answer.SetResult(SinkResult.Delivered);
        Assert.Equal(VerdictKind.Delivered, (await sending).Result.Verdict.Kind);
    }

    [Fact]
    public async Task A_clock_that_jumps_back_does_not_keep_it_open()
    {
        var caller = await OpenedAsync();
        _time.Jump = TimeSpan.FromHours(-5);
        Assert.InRange(caller.OpenFor, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(2));
        await Send(caller, VerdictKind.Delivered);
        Assert.Equal(BreakerState.Closed, caller.State);
    }

    [Fact]
    public async Task A_sink_with_the_wrong_number_of_verdicts_delivered_nothing()
    {
        var caller = Caller();
        var wrong = new WrongSink();
        var result = await caller.SendAsync(wrong, _batch, Timeout, CancellationToken.None);
        Assert.Equal("the sink gave 1 verdicts on 3 events", result.Result.Verdict.Reason);
    }

    public async ValueTask DisposeAsync()
    {
        _batch.Dispose();
        await _sink.DisposeAsync();
    }

    private SinkCaller Caller() => new(_options, _time, new Random(3));

    private async Task<SinkCaller> OpenedAsync()
    {
        var caller = Caller();
        for (var i = 0; i < 4; i++)
        {
            await Send(caller, VerdictKind.Retryable);
        }
        Assert.Equal(BreakerState.Open, caller.State);
        return caller;
    }

    private async Task<AttemptResult> Send(SinkCaller caller, VerdictKind kind)
    {
        _sink.OnSend = (_, _) => Task.FromResult(ScriptedSink.All(kind));
        return await caller.SendAsync(_sink, _batch, Timeout, CancellationToken.None);
    }

    private async Task AdvanceUntilEnded(Task task) => await Poll.Until("the attempt ends", () =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return task.IsCompleted;
    });

    /// <summary>A clock whose wall time an operator sets.</summary>
    private sealed class JumpingTime : TimeProvider
    {
        private readonly FakeTime _fake = new();

        public TimeSpan Jump { get; set; }

        public override long TimestampFrequency => _fake.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => _fake.GetUtcNow() + Jump;

        public override long GetTimestamp() => _fake.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            _fake.CreateTimer(callback, state, dueTime, period);

        public void Advance(TimeSpan by) => _fake.Advance(by);
    }

    private sealed class WrongSink : ISink
    {
        public SinkTraits Traits { get; } = new();

        public ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel) => new(SinkVerdict.Delivered);

        public ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel) =>
            new(new SinkResult(SinkVerdict.Delivered, [SinkVerdict.Delivered]));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
