using Ingest.Publishing.Accounting;
using Ingest.Publishing.Parking;
using Ingest.Publishing.Requeue;
using Ingest.Sinks.Contract;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Microsoft.Extensions.Logging;

namespace Ingest.Publishing.Lanes;

/// <summary>
/// All lanes of a node: one per configured sink, each with its own cursor, window and breaker, so that a dead sink slows no other. The set
/// lives as long as the node: a drain stops the lanes, and <see cref="Start"/> opens them again where they stopped.
/// </summary>
public sealed class LaneSet : ILaneStatuses, IAsyncDisposable
{
    private readonly WriteAheadLog _log;
    private readonly IReadOnlyList<LaneSpec> _sinks;
    private readonly IDeadLetterStore _deadLetters;
    private readonly Instruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PublishingOptions _options;
    private readonly ParkedPlace? _parked;
    private readonly int? _seed;

    // By name of the lane: attempts since the process started, whatever was stopped in between.
    private readonly Dictionary<string, AttemptCounts> _attempts;

    // Replaced as a whole; any thread, Volatile.
    private CursorPosition[] _orphans;
    private volatile Lane[] _lanes;
    private volatile bool _stopped;
    private int _openings;

    // Null: as configured. Read by openings, which the drain that sets it cannot overlap.
    private double? _failureRatio;

    /// <summary>Opens a cursor for every sink. Nothing is sent before <see cref="Start"/>.</summary>
    /// <param name="log">The log to deliver.</param>
    /// <param name="sinks">At most one per name.</param>
    /// <param name="options">Of every lane.</param>
    /// <param name="deadLetters">Where rejected events go.</param>
    /// <param name="instruments">For attempts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For what operators should know.</param>
    /// <param name="seed">Of the jitter.</param>
    /// <param name="parked">
    /// Where lanes park events, each in a directory of its own below this one; null: they park none, and wait for what the sink does not
    /// take.
    /// </param>
    /// <exception cref="Ingest.Wal.Storage.StorageException">A cursor cannot be opened.</exception>
    public LaneSet(
        WriteAheadLog log,
        IReadOnlyList<LaneSpec> sinks,
        PublishingOptions options,
        IDeadLetterStore deadLetters,
        Instruments instruments,
        TimeProvider time,
        ILoggerFactory loggers,
        int? seed = null,
        ParkedPlace? parked = null)
    {
        (_log, _sinks, _options, _deadLetters, _instruments, _time, _seed, _parked) =
            (log, sinks, options, deadLetters, instruments, time, seed, parked);
        _logger = loggers.CreateLogger<LaneSet>();
        _attempts = sinks.ToDictionary(sink => sink.Name, _ => new AttemptCounts(), StringComparer.Ordinal);
        _orphans = [.. log.ListCursors().Where(cursor => IsLane(cursor.Name) && !_attempts.ContainsKey(cursor.Name))];
        foreach (var orphan in _orphans)
        {
            Log.OrphanCursor(_logger, orphan.Name, orphan.Sequence);
        }
        _lanes = Open();
    }

    /// <summary>Grows when accounts are read from the disk again, or begin anew: they may lack what they were told. Any thread.</summary>
    public int Openings => Volatile.Read(ref _openings);

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
        _parked?.Of(orphan).Delete();
        Volatile.Write(ref _orphans, [.. _orphans.Where(cursor => cursor.Name != orphan)]);
        return true;
    }

    /// <summary>
    /// Whether the cursor of this name is a lane's, with a sink or without: the log is never reclaimed past it. The others, such as the
    /// totals of what was accepted, are the node's own bookkeeping: they deliver nothing, and hold nothing.
    /// </summary>
    public static bool IsLane(string cursor) => !cursor.StartsWith('_');

    /// <summary>Starts delivering; lanes that were stopped are opened again, each at its saved position.</summary>
    /// <exception cref="Ingest.Wal.Storage.StorageException">A cursor cannot be opened.</exception>
    public void Start()
    {
        if (_stopped)
        {
            _lanes = Open();
            _stopped = false;
        }
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
        _failureRatio = ratio;
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
    /// Sends dead letters of a lane again, outside of its cursor's order but never beside another batch of the same keys, trials of parked
    /// events aside. Ends when all are delivered or rejected once more, or the lane stops; what is not named in the result was neither. Any
    /// thread.
    /// </summary>
    /// <param name="lane">The lane they came from.</param>
    /// <param name="batch">Their record bodies with their sequence numbers, within the sink's bounds; the lane's from here on.</param>
    /// <param name="isWanted">Asked before each attempt: whether an event is still to be sent. Any thread.</param>
    /// <param name="cancel">Ends the wait, not the sending.</param>
    /// <returns>Null when there is no such lane; the batch is the caller's still.</returns>
    public Task<IReadOnlyList<RequeuedEvent>>? RequeueAsync(
        string lane, EventBatch batch, Func<long, bool>? isWanted, CancellationToken cancel) =>
        Find(lane)?.RequeueAsync(batch, isWanted, cancel);

    /// <summary>Parked events of a lane in log order; null when there is no such lane. Any thread.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="stream">Of this stream only; null: of all.</param>
    /// <param name="after">Only those behind this sequence number.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<ParkedEventStatus>? ListParked(string lane, string? stream, long after, int limit) =>
        Find(lane)?.ListParked(stream, after, limit);

    /// <summary>
    /// Tries parked events now, moves them to the dead letters, or drops them. Ends when it is durable, with the number of events; null
    /// when the lane stopped before. Events that are being tried at this moment are left out. Any thread.
    /// </summary>
    /// <returns>Null when there is no such lane.</returns>
    public Task<int?>? ActOnParkedAsync(string lane, ParkedSelection selection, ParkedAction action, CancellationToken cancel) =>
        Find(lane)?.ActOnParkedAsync(selection, action, cancel);

    /// <summary>Dead letters of a lane were given up: its receipts do not call them delivered. Repeatable. Any thread.</summary>
    public void NoteDropped(string lane, IEnumerable<long> sequences)
    {
        if (Find(lane) is { } found)
        {
            found.Receipts.NoteDropped(sequences);
            found.Signal.Set();
        }
    }

    /// <summary>The lanes stop or have stopped: they take nothing more. Any thread.</summary>
    public bool IsStopped => _stopped;

    /// <summary>Whether a lane's dead letters may be sent again: there is such a lane, and its sink takes them. Any thread.</summary>
    public bool TakesRequeues(string lane) => Find(lane)?.TakesRequeues == true;

    /// <summary>What of a lane's dead letters may be sent again now; null when there is no such lane. Any thread.</summary>
    public RequeueBounds? RequeueBounds(string lane) => Find(lane)?.RequeueBounds;

    /// <summary>
    /// Has a lane count dead letters that were delivered after all. Offering a settlement again changes nothing, so a caller that
    /// cannot know whether it was saved offers it again. Any thread.
    /// </summary>
    public void SettleRequeues(string lane, RequeueSettlement settlement) => Find(lane)?.SettleRequeues(settlement);

    /// <summary>
    /// Stops all lanes: batches in flight get their grace, cursors are saved, sinks are closed. What a lane had left, and why, stays in
    /// <see cref="Statuses"/>. Repeatable.
    /// </summary>
    public async Task StopAsync()
    {
        if (_stopped)
        {
            return;
        }
        _stopped = true;
        await Task.WhenAll(_lanes.Select(lane => lane.DisposeAsync().AsTask()));
    }

    /// <summary>Stops all lanes for good.</summary>
    public async ValueTask DisposeAsync() => await StopAsync();

    internal IEnumerable<Lane> Named(IReadOnlyCollection<string> only) =>
        only.Count == 0 ? _lanes : _lanes.Where(lane => only.Contains(lane.Name, StringComparer.OrdinalIgnoreCase));

    private Lane[] Open()
    {
        Interlocked.Increment(ref _openings);
        return LaneSpec.OpenAll(_sinks, Open);
    }

    private Lane Open(LaneSpec spec)
    {
        var lane = new Lane(new LaneContext
        {
            Name = spec.Name,
            Kind = spec.Kind,
            Sink = spec.NewSink(),
            Log = _log,
            Parked = _parked?.Of(spec.Name),
            Options = _options,
            DeadLetters = _deadLetters,
            Instruments = _instruments,
            Time = _time,
            Logger = _logger,
            Random = _seed is { } given ? new Random(given) : new Random(),
            Attempts = _attempts[spec.Name],
            BeganAnew = () => Interlocked.Increment(ref _openings),
        });
        lane.Caller.FailureRatio = _failureRatio ?? _options.BreakerFailureRatio;
        return lane;
    }

    private Lane? Find(string lane) => Array.Find(_lanes, candidate => candidate.Name == lane);
}
