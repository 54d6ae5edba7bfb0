using Ingest.Publishing.Requeue;
using Ingest.Sinks.Contract;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Microsoft.Extensions.Logging;

namespace Ingest.Publishing.Lanes;

/// <summary>
/// All lanes of a node: one per configured sink, each with its own cursor, window and breaker, so that a dead sink slows nobody else.
/// </summary>
public sealed class LaneSet : IAsyncDisposable
{
    private readonly WriteAheadLog _log;
    private readonly TimeProvider _time;
    private readonly PublishingOptions _options;
    private readonly List<Lane> _lanes = [];

    // Replaced as a whole; any thread, Volatile.
    private CursorPosition[] _orphans;
    private volatile bool _stopped;

    /// <summary>Opens a cursor for every sink. Nothing is sent before <see cref="Start"/>.</summary>
    /// <param name="log">The log to deliver.</param>
    /// <param name="sinks">At most one per name.</param>
    /// <param name="options">Of every lane.</param>
    /// <param name="deadLetters">Where rejected events go.</param>
    /// <param name="instruments">For attempts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For what operators should know.</param>
    /// <param name="seed">Of the jitter.</param>
    /// <exception cref="Ingest.Wal.Storage.StorageException">A cursor cannot be opened.</exception>
    public LaneSet(
        WriteAheadLog log,
        IReadOnlyList<LaneSpec> sinks,
        PublishingOptions options,
        IDeadLetterStore deadLetters,
        Instruments instruments,
        TimeProvider time,
        ILoggerFactory loggers,
        int? seed = null)
    {
        (_log, _time, _options) = (log, time, options);
        var logger = loggers.CreateLogger<LaneSet>();
        var names = sinks.Select(sink => sink.Name).ToHashSet(StringComparer.Ordinal);
        _orphans = [.. log.ListCursors().Where(cursor => IsLane(cursor.Name) && !names.Contains(cursor.Name))];
        foreach (var orphan in _orphans)
        {
            Log.OrphanCursor(logger, orphan.Name, orphan.Sequence);
        }
        foreach (var spec in sinks)
        {
            _lanes.Add(new Lane(new LaneContext
            {
                Name = spec.Name,
                Kind = spec.Kind,
                Sink = spec.Sink,
                Log = log,
                Options = options,
                DeadLetters = deadLetters,
                Instruments = instruments,
                Time = time,
                Logger = logger,
                Random = seed is { } given ? new Random(given) : new Random(),
            }));
        }
    }

    /// <summary>
    /// The lowest position saved by any lane or left by a sink that is no longer configured: the log may be reclaimed up to here.
    /// Without any cursor, everything durable. Any thread.
    /// </summary>
    public long SettledSequence
    {
        get
        {
            var lowest = _log.DurableSequence;
            foreach (var lane in _lanes)
            {
                lowest = Math.Min(lowest, lane.Saved);
            }
            foreach (var orphan in Volatile.Read(ref _orphans))
            {
                lowest = Math.Min(lowest, orphan.Sequence);
            }
            return lowest;
        }
    }

    /// <summary>Cursors on disk without a configured sink: they hold the log until an operator decides.</summary>
    public IReadOnlyList<CursorPosition> Orphans => Volatile.Read(ref _orphans);

    /// <summary>Every lane at this moment. Any thread.</summary>
    public IReadOnlyList<LaneStatus> Statuses => [.. _lanes.Select(lane => lane.Status())];

    /// <summary>
    /// Deletes the cursor of a lane that has no sink any more, so that it no longer holds the log. False when there is none. One caller
    /// at a time.
    /// </summary>
    /// <exception cref="Ingest.Wal.Storage.StorageException">The cursor cannot be deleted.</exception>
    public bool Forget(string orphan)
    {
        if (Array.FindIndex(_orphans, cursor => cursor.Name == orphan) < 0)
        {
            return false;
        }
        _log.DeleteCursor(orphan);
        Volatile.Write(ref _orphans, [.. _orphans.Where(cursor => cursor.Name != orphan)]);
        return true;
    }

    /// <summary>
    /// Whether the cursor of this name is a lane's, with a sink or without: the log is never reclaimed past it. The others, such as the
    /// totals of what was accepted, are the node's own bookkeeping: they deliver nothing, and hold nothing.
    /// </summary>
    public static bool IsLane(string cursor) => !cursor.StartsWith('_');

    /// <summary>Starts delivering.</summary>
    public void Start()
    {
        foreach (var lane in _lanes)
        {
            lane.Start();
        }
    }

    /// <summary>
    /// Delivers until every lane is empty or the deadline has passed; waits are skipped, not slept out. Lanes go on afterwards, with short
    /// waits, until they are disposed or <see cref="EndDrain"/> is called. Any thread.
    /// </summary>
    /// <param name="deadline">From now.</param>
    /// <param name="cancel">Ends the wait early, as the deadline does.</param>
    public async Task<DrainReport> DrainAsync(TimeSpan deadline, CancellationToken cancel)
    {
        var empty = new List<Task>();
        foreach (var lane in _lanes)
        {
            lane.Drain(on: true);
            empty.Add(lane.WhenEmptyAsync());
        }
        var all = Task.WhenAll(empty);
        await all.WaitAsync(deadline, _time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new DrainReport(all.IsCompletedSuccessfully, Statuses);
    }

    /// <summary>Goes back to normal waits. Any thread.</summary>
    public void EndDrain()
    {
        foreach (var lane in _lanes)
        {
            lane.Drain(on: false);
        }
    }

    /// <summary>Share of failed attempts at which breakers open from now on; null: as configured. Any thread.</summary>
    public void SetBreakerFailureRatio(double? ratio)
    {
        foreach (var lane in _lanes)
        {
            lane.Caller.FailureRatio = ratio ?? _options.BreakerFailureRatio;
        }
    }

    /// <summary>Lets a lane try at once what it waits to try again. False when there is no such lane. Any thread.</summary>
    public bool Resume(string lane)
    {
        var found = Find(lane);
        found?.Resume();
        return found is not null;
    }

    /// <summary>
    /// Moves a lane's cursor back so that it delivers again from <paramref name="next"/> on; batches in flight settle first. Any thread.
    /// </summary>
    public Task<RewindOutcome> RewindAsync(string lane, long next, CancellationToken cancel) =>
        Find(lane)?.RewindAsync(next, cancel) ?? Task.FromResult(new RewindOutcome(RewindStatus.UnknownLane, $"There is no lane {lane}."));

    /// <summary>
    /// Sends dead letters of a lane again, outside of its cursor's order but never beside another batch of the same keys. Ends when all are
    /// delivered or rejected once more, or the lane stops; what is not named in the result was neither. Any thread.
    /// </summary>
    /// <param name="lane">The lane they came from.</param>
    /// <param name="batch">Their record bodies with their sequence numbers, within the sink's bounds; the lane's from here on.</param>
    /// <param name="isWanted">Asked before each attempt: whether an event is still to be sent. Any thread.</param>
    /// <param name="cancel">Ends the wait, not the sending.</param>
    /// <returns>Null when there is no such lane; the batch is the caller's still.</returns>
    public Task<IReadOnlyList<RequeuedEvent>>? RequeueAsync(
        string lane, EventBatch batch, Func<long, bool>? isWanted, CancellationToken cancel) =>
        Find(lane)?.RequeueAsync(batch, isWanted, cancel);

    /// <summary>The lanes stop or have stopped: they take nothing more. Any thread.</summary>
    public bool IsStopped => _stopped;

    /// <summary>Whether a lane's dead letters may be sent again: there is such a lane, and its sink takes them. Any thread.</summary>
    public bool TakesRequeues(string lane) => Find(lane)?.TakesRequeues == true;

    /// <summary>What of a lane's dead letters may be sent again now; null when there is no such lane. Any thread.</summary>
    public RequeueBounds? RequeueBounds(string lane) => Find(lane)?.RequeueBounds;

    /// <summary>
    /// Has a lane count dead letters that were delivered after all. Offering a settlement again changes nothing, so whoever cannot know
    /// whether it was saved offers it again. Any thread.
    /// </summary>
    public void SettleRequeues(string lane, RequeueSettlement settlement) => Find(lane)?.SettleRequeues(settlement);

    /// <summary>Stops all lanes: batches in flight get their grace, cursors are saved, sinks are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopped = true;
        await Task.WhenAll(_lanes.Select(lane => lane.DisposeAsync().AsTask()));
    }

    private Lane? Find(string lane) => _lanes.Find(candidate => candidate.Name == lane);
}
