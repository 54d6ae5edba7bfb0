using System.Collections;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Ingest.Tests.Sinks;
using Microsoft.Extensions.Logging;

namespace Ingest.Tests.Publishing;

/// <summary>A lane goes on, and ends in time, whatever its sink and the application's listeners do.</summary>
public sealed class LaneSurvivalTests
{
    [Fact]
    public async Task A_list_of_verdicts_that_throws_is_a_failed_attempt()
    {
        await using var fixture = new LaneFixture();
        var left = 2;
        fixture.Sink.OnSend = (events, _) => Task.FromResult(
            left-- > 0 ? new SinkResult(SinkVerdict.Delivered, new BrokenVerdicts(events.Length)) : SinkResult.Delivered);
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled(10);

        Assert.True(fixture.Status.Attempts[VerdictKind.Retryable] >= 2);
    }

    [Fact]
    public async Task A_verdict_of_no_kind_or_without_a_reason_is_a_failed_attempt()
    {
        await using var fixture = new LaneFixture();
        var answers = new Queue<SinkVerdict>([new((VerdictKind)99, "what?"), new(VerdictKind.Retryable, null!)]);
        fixture.Sink.OnSend = (_, _) => Task.FromResult(
            answers.TryDequeue(out var verdict) ? new SinkResult(verdict) : SinkResult.Delivered);
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled(10);

        Assert.Equal(2, fixture.Status.Attempts[VerdictKind.Retryable]);
    }

    [Fact]
    public async Task A_listener_of_metrics_that_throws_costs_the_measurement_only()
    {
        await using var fixture = new LaneFixture();
        using var listener = new MeterListener();
        var heard = 0;
        listener.SetMeasurementEventCallback<double>((_, _, _, _) =>
        {
            Interlocked.Increment(ref heard);
            throw new InvalidOperationException("The listener broke.");
        });
        listener.EnableMeasurementEvents(fixture.Instruments.AttemptDuration);
        fixture.Log.AppendMany(10);
        fixture.Start();
        await fixture.Settled(10);

        Assert.Equal(10, fixture.Sink.Delivered.Count);
        Assert.True(Volatile.Read(ref heard) > 0);
    }

    [Fact]
    public async Task A_listener_of_spans_that_throws_costs_the_span_only()
    {
        var heard = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Spans.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Name == "send test"
                ? ActivitySamplingResult.AllData
                : ActivitySamplingResult.None,
            ActivityStarted = _ => Fail(),
            ActivityStopped = _ => Fail(),
        };
        ActivitySource.AddActivityListener(listener);
        await using var fixture = new LaneFixture();
        fixture.Log.Append(
            "1", attributes: TestEvents.Attributes(("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")));
        fixture.Start();
        await fixture.Settled(1);

        Assert.True(Volatile.Read(ref heard) > 0);

        void Fail()
        {
            Interlocked.Increment(ref heard);
            throw new InvalidOperationException("The listener broke.");
        }
    }

    [Fact]
    public async Task A_sink_that_never_closes_is_left_behind()
    {
        var time = new FakeTime();
        using var never = new ManualResetEventSlim();
        await using var fixture = new LaneFixture(time: time);
        // As a sink does that joins a thread of its own which waits for a dead disk.
        fixture.Sink.OnDispose = never.Wait;
        fixture.Start();
        await fixture.Reaches(LaneState.Idle);

        var stopping = fixture.Lanes.StopAsync();
        await Poll.Until("the sink closes", () => fixture.Sink.IsDisposed);
        await Poll.Until("the lane has stopped", () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return stopping.IsCompleted;
        });
        never.Set();
        await stopping;
    }

    [Fact]
    public async Task A_sink_that_blocks_as_it_opens_holds_up_nobody_who_stops_the_lane()
    {
        using var never = new ManualResetEventSlim();
        await using var fixture = new LaneFixture();
        fixture.Sink.OnOpen = _ =>
        {
            never.Wait(TestContext.Current.CancellationToken);
            return Task.FromResult(SinkVerdict.Delivered);
        };
        fixture.Start();
        await Poll.Until("it opens", () => fixture.Sink.Opens > 0);

        await fixture.Lanes.StopAsync();
        Assert.False(never.IsSet);
        never.Set();
    }

    [Fact]
    public async Task An_exception_while_an_outcome_is_taken_up_ends_the_session_only_when_every_attempt_has_ended()
    {
        using var loggers = new ThrowingLogs("AttemptFailed");
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 2, BatchEventsMax = 1 }) { Loggers = loggers };
        var (first, second) = (NewAnswer(), NewAnswer());
        fixture.Sink.OnSend = (events, _) => (events[0].Sequence, fixture.Sink.Sends) switch
        {
            (2, 2) => first.Task,
            (3, 3) => second.Task,
            _ => Task.FromResult(SinkResult.Delivered),
        };
        fixture.Log.AppendMany(3);
        fixture.Start();
        await Poll.Until("two are under way", () => fixture.Sink.Sends == 3);

        first.SetResult(ScriptedSink.All(VerdictKind.Retryable));
        await Poll.Until("the exception was thrown", () => loggers.Thrown > 0);
        Assert.Equal(3, fixture.Sink.Sends);
        second.SetResult(SinkResult.Delivered);
        await fixture.Settled(3);
    }

    private static TaskCompletionSource<SinkResult> NewAnswer() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class BrokenVerdicts(int count) : IReadOnlyList<SinkVerdict>
    {
        public int Count => throw new InvalidOperationException($"The list of {count} broke.");

        public SinkVerdict this[int index] => SinkVerdict.Delivered;

        public IEnumerator<SinkVerdict> GetEnumerator() => throw new InvalidOperationException("The list broke.");

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    // Throws the first time an event of this name is logged.
    private sealed class ThrowingLogs(string name) : ILoggerFactory, ILogger
    {
        private int _thrown;

        internal int Thrown => Volatile.Read(ref _thrown);

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == name && Interlocked.CompareExchange(ref _thrown, 1, 0) == 0)
            {
                throw new InvalidOperationException("The log broke.");
            }
        }

        public void Dispose()
        {
        }
    }
}
