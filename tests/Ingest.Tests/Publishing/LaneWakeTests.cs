using System.Collections.Concurrent;
using Ingest.Publishing.Lanes;
using Ingest.Sinks.Contract;
using Ingest.Testing;

namespace Ingest.Tests.Publishing;

/// <summary>A lane that sleeps hears of every commit: no timer has to come to its rescue.</summary>
public sealed class LaneWakeTests
{
    private const string CommitsVariable = "INGEST_TEST_COMMITS";
    private const int CommitsDefault = 1500;
    private const int SpinsMax = 2000;
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task No_commit_goes_unnoticed_however_it_meets_the_end_of_reading()
    {
        var commits = int.TryParse(Environment.GetEnvironmentVariable(CommitsVariable), out var asked) ? asked : CommitsDefault;
        // The clock stands still, so nothing wakes the lane but the commits themselves.
        await using var fixture = new LaneFixture(time: new FakeTime());
        fixture.Options.Linger = TimeSpan.Zero;
        fixture.Start();
        var random = new Random(commits);
        for (var n = 1; n <= commits; n++)
        {
            fixture.Log.Append("{}");
            // At times the lane is asleep when the next commit comes, at times just about to be.
            if (random.Next(4) == 0)
            {
                await fixture.Settled(n);
            }
            Thread.SpinWait(random.Next(SpinsMax));
        }
        await fixture.Settled(commits);
        Assert.Equal(commits, fixture.Status.Delivered);
    }

    [Fact]
    public async Task Room_that_the_oldest_event_made_is_used_at_once()
    {
        const int Room = 1 << 18;
        const int All = Room + 20_000;
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 2 }, new FakeTime());
        var answer = new TaskCompletionSource<SinkResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Options.Linger = TimeSpan.Zero;
        var stuck = long.MaxValue;
        fixture.Sink.OnSend = (events, _) => events[0].Sequence == stuck ? answer.Task : Task.FromResult(SinkResult.Delivered);
        fixture.Start();
        var sent = 0;
        while (fixture.Status.Window < 2)
        {
            fixture.Log.Append("{}");
            await fixture.Settled(++sent);
        }
        stuck = ++sent;
        fixture.Log.Append("{}");
        await Poll.Until("the oldest is stuck", () => fixture.Status.InFlightBatches == 1);
        fixture.Log.AppendMany(All);
        await Poll.Until("all that may overtake it has", () => fixture.Sink.Delivered.Count == sent - 1 + Room - 1);
        answer.SetResult(SinkResult.Delivered);
        await fixture.Settled(sent + All);
    }

    [Fact]
    public async Task What_cannot_be_read_holds_nothing_up_however_much_it_is()
    {
        await using var fixture = new LaneFixture(new SinkTraits { WindowMax = 2, BatchEventsMax = 1 }, new FakeTime());
        for (var n = 0; n < 100; n++)
        {
            fixture.Log.AppendGarbage();
        }
        fixture.Log.Append("{}");
        fixture.Start();
        await fixture.Settled(101);
        Assert.Equal((1, 100), (fixture.Status.Delivered, fixture.Status.Lost));
    }

    [Fact]
    public async Task A_lane_that_lingers_sleeps_until_its_time_is_over()
    {
        // The runtime's timers drop the half millisecond: asked for it, they would wake the lane again and again until it is over.
        var time = new RecordingTime();
        await using var fixture = new LaneFixture(time: time);
        fixture.Options.Linger = TimeSpan.FromMicroseconds(5_500);
        fixture.Log.Append("{}");
        fixture.Start();
        await fixture.Settled(1);
        await Poll.Until("the lane lingers", () => time.Dues.Contains(TimeSpan.FromMilliseconds(6)));
        Assert.All(time.Dues, due => Assert.Equal(0, due.Ticks % TimeSpan.TicksPerMillisecond));
    }

    [Fact]
    public async Task A_lane_stopped_just_as_a_batch_comes_back_takes_the_batch_and_stops()
    {
        for (var round = 0; round < 50; round++)
        {
            // Completed on this thread: the batch is handed back, and the stop is asked for before the loop can look.
            var answer = new TaskCompletionSource<SinkResult>(TaskCreationOptions.None);
            var fixture = new LaneFixture();
            fixture.Sink.OnSend = (_, _) => answer.Task;
            fixture.Log.Append("{}");
            fixture.Start();
            await Poll.Until("the batch is on its way", () => fixture.Sink.Sends == 1);
            answer.SetResult(SinkResult.Delivered);
            await fixture.DisposeAsync().AsTask().WaitAsync(StopMax, TestContext.Current.CancellationToken);
            Assert.True(fixture.Sink.IsDisposed);
        }
    }

    [Fact]
    public async Task A_signal_set_by_many_is_never_missed_by_the_one_who_waits()
    {
        const int Setters = 4;
        const int Sets = 20_000;
        var signal = new AsyncSignal();
        var done = new int[Setters];
        var waiter = Task.Run(async () =>
        {
            while (Enumerable.Range(0, Setters).Any(index => Volatile.Read(ref done[index]) < Sets))
            {
                await signal.WaitAsync();
            }
        }, TestContext.Current.CancellationToken);
        var setters = Enumerable.Range(0, Setters).Select(index => Task.Run(async () =>
        {
            var random = new Random(index);
            for (var n = 1; n <= Sets; n++)
            {
                Volatile.Write(ref done[index], n);
                signal.Set();
                if (random.Next(64) == 0)
                {
                    await Task.Yield();
                }
            }
        }, TestContext.Current.CancellationToken));
        await Task.WhenAll(setters);
        // It is not set any more: a set that was missed would leave the waiter waiting.
        await waiter.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_lane_with_something_to_deliver_never_calls_itself_idle()
    {
        await using var fixture = new LaneFixture();
        using var hold = new ManualResetEventSlim();
        fixture.Start();
        await fixture.Reaches(LaneState.Idle);
        // The sink keeps the lane's own thread, as a disk that does not answer would.
        fixture.Sink.OnBatch = _ => hold.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        fixture.Log.AppendMany(10);
        await Poll.Until("the sink has the thread", () => fixture.Sink.Sends == 1);
        Assert.Equal((LaneState.Delivering, 10), (fixture.Status.State, fixture.Status.PendingEvents));
        hold.Set();
        await fixture.Settled(10);
    }

    /// <summary>A clock that stands still, and remembers what its timers were asked for.</summary>
    private sealed class RecordingTime : TimeProvider
    {
        private readonly FakeTime _time = new();

        internal ConcurrentBag<TimeSpan> Dues { get; } = [];

        public override long TimestampFrequency => _time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

        public override long GetTimestamp() => _time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Recorded(_time.CreateTimer(callback, state, dueTime, period), Dues);
    }

    private sealed class Recorded(ITimer timer, ConcurrentBag<TimeSpan> dues) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                dues.Add(dueTime);
            }
            return timer.Change(dueTime, period);
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
