using System.Collections.Concurrent;
using Ingest.Publishing.Accounting;
using Ingest.Publishing.Breaker;
using Ingest.Publishing.Parking;
using Ingest.Publishing.Receipts;
using Ingest.Publishing.Requeue;
using Ingest.Publishing.Sessions;
using Ingest.Publishing.Window;
using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Lanes;

/// <summary>
/// Delivers the log to one sink: reads what is durable, sends as much at once as the sink bears, settles, remembers how far it got. Its
/// loop runs one <see cref="LaneSession"/> after another; the lane holds what outlives them.
/// </summary>
internal sealed class Lane : ILaneHost, IAsyncDisposable
{
    private static readonly TimeSpan RestartMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RestartMax = TimeSpan.FromSeconds(5);

    private readonly LaneContext _context;
    private readonly LaneCursor _cursor;
    private readonly long _began;
    private readonly Backoff _restart;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping; // Can be asked for when its source is gone.
    private readonly IDisposable _observer;

    // Guards what other threads read in one piece.
    private readonly Lock _lock = new();
    private LaneGauges _gauges;
    private readonly LaneObstacle _obstacle = new();
    private TaskCompletionSource? _empty;

    // Null where the log's records are no events.
    private readonly OldestPending? _oldest;

    // 1 while the loop sleeps and wants to know of the next commit.
    private int _watching;
    private int _drainBegun;
    private volatile bool _draining;
    private Task _loop = Task.CompletedTask;

    internal Lane(LaneContext context)
    {
        (_context, _stopping) = (context, _stop.Token);
        _began = context.Time.GetTimestamp();
        _restart = new Backoff(RestartMin, RestartMax, context.Random);
        _cursor = new LaneCursor(context.Name, context.Log, context.Logger, context.DeadLetters);
        Receipts = new LaneReceipts(context, _cursor);
        Backoff = new LaneBackoff(context.Options, context.Random);
        Connection = new SinkConnection(context, Backoff, () => Now);
        Window = new AimdWindow(new AimdOptions { LimitMax = context.Sink.Traits.WindowMax });
        Caller = new SinkCaller(context.Options, context.Time, context.Random);
        _oldest = context.Records is null ? new OldestPending(context.Log) : null;
        _gauges = Resting(LaneState.Opening, "", _cursor.Saved);
        _observer = context.Log.ObserveDurable(OnDurable);
    }

    internal string Name => _context.Name;

    /// <summary>The position saved on disk. Any thread.</summary>
    internal long Saved => _cursor.Saved;

    /// <summary>What became of its events. Any thread.</summary>
    internal LaneReceipts Receipts { get; }

    public bool IsDraining => _draining;

    public TimeSpan Now => _context.Time.GetElapsedTime(_began);

    // The session's, on the lane loop.
    public AsyncSignal Signal { get; } = new();

    public ConcurrentQueue<LaneCommand> Commands { get; } = new();

    public LaneBackoff Backoff { get; }

    public SinkConnection Connection { get; }

    public AimdWindow Window { get; }

    public SinkCaller Caller { get; }

    internal void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Gives back what a lane has that is not started, and never will be.</summary>
    internal void Discard()
    {
        _observer.Dispose();
        _cursor.Dispose();
        _ = Connection.DisposeAsync().AsTask();
    }

    /// <summary>Skips every wait and keeps waits short from here on, or goes back to normal. Any thread.</summary>
    internal void Drain(bool on)
    {
        _draining = on;
        Interlocked.Exchange(ref _drainBegun, on ? 1 : 0);
        Signal.Set();
    }

    /// <summary>Ends when everything durable is settled and saved. Any thread.</summary>
    internal Task WhenEmptyAsync()
    {
        lock (_lock)
        {
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Signal.Set();
            return _empty.Task;
        }
    }

    /// <summary>Tries at once what waits to be tried again. Any thread.</summary>
    internal void Resume() => Post(new ResumeCommand());

    /// <summary>Moves the cursor back, so that delivery goes on with <paramref name="next"/>. Any thread.</summary>
    internal async Task<RewindOutcome> RewindAsync(long next, CancellationToken cancel)
    {
        var command = new RewindCommand(next);
        Post(command);
        using var stopped = _stopping.Register(() => command.Done.TrySetResult(new(RewindStatus.Stopped, $"Lane {Name} is stopped.")));
        return await command.Done.Task.WaitAsync(cancel);
    }

    /// <summary>
    /// Sends dead letters again and says what became of them, when all are settled or the lane stops. The batch is the lane's from here on.
    /// Any thread.
    /// </summary>
    internal async Task<IReadOnlyList<RequeuedEvent>> RequeueAsync(
        EventBatch batch, Func<long, bool>? isWanted, CancellationToken cancel)
    {
        var request = new RequeueRequest(batch, isWanted);
        Post(new RequeueCommand(request));
        using var stopped = _stopping.Register(request.End);
        return await request.Ended.WaitAsync(cancel);
    }

    /// <summary>Counts dead letters that were delivered after all; each settlement once, however often it is offered. Any thread.</summary>
    internal void SettleRequeues(RequeueSettlement settlement) => Post(new SettleRequeuesCommand(settlement));

    /// <summary>The sink takes events that are behind its lane. Any thread.</summary>
    internal bool TakesRequeues => _context.Sink.Traits.AcceptsOutOfOrder;

    /// <summary>What may be sent again now. Any thread.</summary>
    internal RequeueBounds RequeueBounds => RequeueBounds.Of(_cursor, _context.Sink.Traits);

    /// <summary>Parked events in log order: of one stream or of all. Any thread.</summary>
    internal IReadOnlyList<ParkedEventStatus> ListParked(string? stream, long after, int limit) =>
        Receipts.Parked?.List(stream, after, limit, Now) ?? [];

    /// <summary>Does something with parked events; how many, when it is durable. Null: the lane stopped before. Any thread.</summary>
    internal async Task<int?> ActOnParkedAsync(ParkedSelection selection, ParkedAction action, CancellationToken cancel)
    {
        var command = new ParkedCommand(selection, action);
        Post(command);
        using var stopped = _stopping.Register(() => command.Done.TrySetResult(null));
        return await command.Done.Task.WaitAsync(cancel);
    }

    /// <summary>The lane at this moment. Any thread.</summary>
    internal LaneStatus Status()
    {
        LaneGauges gauges;
        lock (_lock)
        {
            gauges = _gauges;
        }
        var accounts = _cursor.Accounts.Snapshot();
        var settled = gauges.Settled;
        var unsettled = Math.Max(_context.Given(settled) - gauges.SettledAhead, 0);
        var lag = unsettled > 0 && (gauges.OldestAcceptedUnixMs ?? _oldest?.UnixMs(settled)) is { } oldest
            ? Math.Max((_context.Time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(oldest)).TotalSeconds, 0)
            : 0;
        return new LaneStatus
        {
            Name = Name,
            Kind = _context.Kind,
            Client = _context.Sink.Traits.Client,
            // What the loop said before these events came; it has not looked yet.
            State = unsettled > 0 && gauges.State is (LaneState.Idle or LaneState.Drained) ? LaneState.Delivering : gauges.State,
            Reason = gauges.Reason,
            Trouble = (_context.Sink as IConnectionAware)?.Trouble,
            Start = accounts.Start,
            Settled = settled,
            HighWater = accounts.HighWater,
            Saved = _cursor.Saved,
            Delivered = accounts.Delivered,
            DeadLettered = accounts.DeadLettered,
            Lost = accounts.Lost,
            Repeated = accounts.Repeated,
            Recovered = accounts.Recovered,
            PendingEvents = unsettled + accounts.Parked,
            ParkedEvents = accounts.Parked,
            Parked = Receipts.Parked?.Summary(Now) ?? [],
            InFlightBatches = gauges.InFlightBatches,
            InFlightEvents = gauges.InFlightEvents,
            Window = gauges.Window,
            WindowMax = _context.Sink.Traits.WindowMax,
            SlowStartThreshold = gauges.SlowStartThreshold,
            Breaker = gauges.Breaker,
            Attempts = _context.Attempts.Snapshot(),
            RoundTripMs = gauges.RoundTrip.TotalMilliseconds,
            LagSeconds = lag,
            NextTrySeconds = gauges.NextTry is { } due ? Math.Max(0, (due - Now).TotalSeconds) : null,
            Streams = accounts.Streams,
        };
    }

    /// <summary>Stops: attempts get their grace, the cursor is saved, the sink is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Signal.Set();
        await _loop;
        _observer.Dispose();
        await Connection.DisposeAsync();
        _cursor.Dispose();
        _stop.Dispose();
    }

    public void Publish(in LaneGauges gauges)
    {
        lock (_lock)
        {
            _gauges = gauges;
            _obstacle.Note(gauges);
        }
        Receipts.Moved(gauges.Settled);
    }

    public void ReportEmpty()
    {
        lock (_lock)
        {
            _empty?.TrySetResult();
            _empty = null;
        }
    }

    public bool TakeDrainBegun() => Interlocked.Exchange(ref _drainBegun, 0) == 1;
    public void WatchLog() => Interlocked.Exchange(ref _watching, 1);

    // Commit thread: one interlocked operation, and a wake-up only for a lane that sleeps. It must be interlocked: a plain read could be
    // done before the durable position is seen by the lane, and both would wait.
    private void OnDurable(long sequence)
    {
        if (Interlocked.CompareExchange(ref _watching, 0, 1) == 1)
        {
            Signal.Set();
        }
    }

    private void Post(LaneCommand command)
    {
        Commands.Enqueue(command);
        Signal.Set();
    }

    private async Task RunAsync()
    {
        Log.LaneStarted(_context.Logger, Name, _cursor.Saved + 1, _context.Given(_cursor.Saved));
        var failures = 0;
        while (!_stop.IsCancellationRequested)
        {
            var settled = _cursor.Saved;
            try
            {
                if (_cursor.Refusal is { } refusal)
                {
                    Publish(Resting(LaneState.Blocked, refusal, 0));
                    await new RefusedSession(this, _context, _cursor).RunAsync(refusal, _stop.Token);
                    continue;
                }
                _context.DeadLetters.Begin(Name, _cursor.Accounts.HighWater);
                using var session = new LaneSession(this, _context, _cursor);
                Receipts.Parked = session.Parked;
                await session.RunAsync(_stop.Token);
            }
            catch (Exception e)
            {
                Receipts.Parked = null;
                // A lane that dies silently is the worst of its failures: it begins again where it was, whatever happened.
                failures = _cursor.Saved > settled ? 1 : failures + 1;
                var pause = _restart.After(failures);
                Log.LaneFailed(_context.Logger, Name, _cursor.Saved, pause, e);
                Publish(Resting(LaneState.BackingOff, $"{e.GetType().Name}: {e.Message}", _cursor.Saved));
                await Task.Delay(pause, _context.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        Publish(Resting(LaneState.Stopped, _cursor.Saved < _context.Log.DurableSequence ? _obstacle.Reason : "", _cursor.Saved));
        Log.LaneStopped(_context.Logger, Name, _cursor.Saved);
    }

    private LaneGauges Resting(LaneState state, string reason, long settled) =>
        new(state, reason, settled, 0, 0, 0, Window.Exact, Window.SlowStartThreshold, Caller.State, Window.RoundTrip, null);
}
