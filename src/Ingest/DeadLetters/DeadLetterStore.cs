using Ingest.DeadLetters.Projection;
using Ingest.DeadLetters.Publication;
using Ingest.DeadLetters.Storage;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters;

/// <summary>
/// Events that sinks refused, until an operator has them sent again or drops them. The log is created with the first
/// such event, or at the start when letters are published.
/// </summary>
/// <remarks>
/// When the log fails, it is closed and opened anew (<see cref="DeadLetterLifetime"/>). Until then lanes with refused
/// events are blocked and retry by themselves; operations throw <see cref="DeadLettersBlockedException"/>, and the
/// caller has to repeat them.
/// </remarks>
public sealed class DeadLetterStore : IDeadLetterStore, IDeadLetterStatus, IAsyncDisposable
{
    private static readonly TimeSpan RebuildPatience = TimeSpan.FromSeconds(10);

    private readonly DeadLetterOptions _options;
    private readonly Instruments _instruments;
    private readonly TimeProvider _time;
    private readonly ReasonClasses _classes = new();
    private readonly LaneBeginnings _beginnings = new();
    private readonly DeadLetterLifetime _lifetime;

    /// <summary>
    /// Opens the log if it exists, or creates it when letters are published. It is read from <see cref="Start"/> on.
    /// </summary>
    /// <param name="directory">Where the log lies, absolute.</param>
    /// <param name="logId">Identity of the node's log. Dead letters that belong to another log are moved aside.</param>
    /// <param name="options">Limits.</param>
    /// <param name="segmentBytes">Bytes of a segment file: the largest event with its dead-letter record must fit. A
    /// multiple of 4,096.</param>
    /// <param name="instruments">Where letters are counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For what operators should know.</param>
    /// <param name="publication">Where letters are published to; null: nowhere.</param>
    /// <param name="projection">Settings of the index that answers queries over many letters; null: queries scan the
    /// letters in memory.</param>
    /// <exception cref="StorageException">The log cannot be opened; the message says why.</exception>
    /// <exception cref="InvalidOperationException">Settings of the sink letters are published to are wrong.</exception>
    public DeadLetterStore(
        string directory,
        Guid logId,
        DeadLetterOptions options,
        int segmentBytes,
        Instruments instruments,
        TimeProvider time,
        ILoggerFactory loggers,
        DeadLetterPublication? publication = null,
        ProjectionOptions? projection = null)
        : this(directory, logId, options, segmentBytes, instruments, time, loggers, publication, projection, FileSystemPlaces.Instance)
    {
    }

    /// <summary>Variant on another disk, such as one that tests let fail.</summary>
    internal DeadLetterStore(
        string directory,
        Guid logId,
        DeadLetterOptions options,
        int segmentBytes,
        Instruments instruments,
        TimeProvider time,
        ILoggerFactory loggers,
        DeadLetterPublication? publication,
        ProjectionOptions? projection,
        ILogPlaces places)
    {
        (_options, _instruments, _time) = (options, instruments, time);
        var logger = loggers.CreateLogger<DeadLetterStore>();
        _lifetime = new DeadLetterLifetime(
            directory,
            () => OpenDeadLetters.Open(directory, places, logId, segmentBytes, _beginnings, projection, time, logger),
            publication,
            segmentBytes,
            instruments,
            time,
            logger);
        Operations = new DeadLetterOperations(KnownAsync, () => _lifetime.Lanes, time, logger);
        // Opening the log also creates the sink that letters are published to, so wrong settings of that sink are
        // reported at the start.
        if (places.Exists(directory) || publication is not null)
        {
            _lifetime.OpenOrCreate();
        }
    }

    /// <summary>What operators ask and do.</summary>
    public DeadLetterOperations Operations { get; }

    /// <summary>How much there is. Any thread.</summary>
    public DeadLetterStatus Status
    {
        get
        {
            if (_lifetime.Open is not { } open)
            {
                var failure = _lifetime.Failure;
                return new(0, _options.LettersMax, 0, _options.BytesMax, 0, null, failure is not null, 0, failure, []);
            }
            var counts = open.Ledger.Counts;
            return new(
                counts.Count,
                _options.LettersMax,
                counts.Bytes,
                _options.BytesMax,
                open.Log.Wal.Bytes,
                counts.OldestUnixMs,
                !open.Feed.Rebuilt.IsCompletedSuccessfully,
                open.Feed.Lost,
                open.Failed.IsCompleted ? open.Failed.Result : null,
                counts.Lanes,
                open.Publisher?.Status,
                open.Projection);
        }
    }

    /// <summary>
    /// Reads the letters that earlier runs left, and lets requeued ones go to their lanes from here on. Called after
    /// the node has begun to accept events, so that reading many letters does not delay its start.
    /// </summary>
    /// <param name="lanes">The lanes; stopped ones are waited for.</param>
    public void Start(LaneSet lanes) => _lifetime.Start(lanes);

    /// <inheritdoc/>
    public void Begin(string lane, long highWater)
    {
        // A log that does not exist has nothing to void.
        if (_lifetime.WasOpened)
        {
            _beginnings.Add(lane, highWater);
        }
    }

    /// <inheritdoc/>
    public long? Beginning(string lane) => _beginnings.Of(lane);

    /// <inheritdoc/>
    public long? CountIn(string lane, long first, long last) =>
        _lifetime.Open is not { } open ? (_lifetime.WasOpened ? null : 0)
        : open.Feed is not { Rebuilt.IsCompletedSuccessfully: true, Lost: 0 } || open.Failed.IsCompleted ? null
        : open.Ledger.CountIn(lane, first, last);

    /// <inheritdoc/>
    public bool? MayCome(string lane, long first, long last) =>
        _lifetime.Open is not { } open ? (_lifetime.WasOpened ? null : false)
        : !open.Feed.Rebuilt.IsCompletedSuccessfully || open.Failed.IsCompleted ? null
        : open.Ledger.HasIn(lane, first, last);

    /// <inheritdoc/>
    public async ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel)
    {
        var open = _lifetime.OpenOrCreate();
        await WaitRebuiltAsync(open, cancel);
        DeadLetterLimits.ThrowIfFull(open.Ledger, _options, lane, rejected);
        var last = await AppendAsync(open, lane, rejected, cancel);
        foreach (var entry in rejected)
        {
            _instruments.DeadLettered.TryAdd(
                1,
                new KeyValuePair<string, object?>("lane", lane),
                new KeyValuePair<string, object?>("reason", _classes.Of(entry.Reason)));
        }
        // The lane needs only durability. Waiting for the ledger keeps limits and status up to date.
        await open.Feed.WaitAsync(last, _lifetime.Closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Stops what runs and closes the log. The lanes are stopped before.</summary>
    public ValueTask DisposeAsync() => _lifetime.DisposeAsync();

    // Returns the position of the last.
    private static async Task<long> AppendAsync(
        OpenDeadLetters open, string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel)
    {
        var (next, last) = (0, 0L);
        var wasPoisoned = open.Log.Wal.Poison is not null;
        while (next < rejected.Count)
        {
            using var records = RecordBatch.Rent();
            do
            {
                DeadLetterRecordWriter.WriteLetter(records, lane, rejected[next++]);
            }
            while (next < rejected.Count && open.Log.Fits(records, rejected[next].Body.Length));
            try
            {
                last = await open.AppendDurablyAsync(records, cancel);
            }
            catch (Exception e) when (last > 0 || (!wasPoisoned && open.Log.Wal.Poison is not null))
            {
                throw new DeadLettersDoubtfulException(e);
            }
        }
        return last;
    }

    // The open log, once its ledger is rebuilt; null while there is no log.
    private async Task<OpenDeadLetters?> KnownAsync(CancellationToken cancel)
    {
        if (_lifetime.Open is not { } open)
        {
            _lifetime.ThrowIfFailed();
            return null;
        }
        // Yields: the caller may be on a socket I/O thread, which must not block on the disk reads that follow.
        await WaitRebuiltAsync(open, cancel).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return open;
    }

    // Limits and duplicates can only be checked against a rebuilt ledger.
    private async Task WaitRebuiltAsync(OpenDeadLetters open, CancellationToken cancel)
    {
        try
        {
            await open.Feed.Rebuilt.WaitAsync(RebuildPatience, _time, cancel);
        }
        catch (TimeoutException)
        {
            throw new DeadLettersRebuildingException("the dead-letter log is still being read");
        }
    }
}

/// <summary>Thrown while the log of the dead letters is still being read: their list is not known yet.</summary>
public sealed class DeadLettersRebuildingException(string message) : Exception(message);
