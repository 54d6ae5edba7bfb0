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
/// Events that sinks refused, until an operator has them sent again or drops them. The log is made with the first of them.
/// </summary>
/// <remarks>
/// When the log fails, it is closed and opened anew (<see cref="DeadLetterLifetime"/>). Until then lanes with refused events are
/// blocked and operators get <see cref="DeadLettersBlockedException"/>; both look again by themselves.
/// </remarks>
public sealed class DeadLetterStore : IDeadLetterStore, IDeadLetterStatus, IAsyncDisposable
{
    private static readonly TimeSpan RebuildPatience = TimeSpan.FromSeconds(10);

    private readonly DeadLetterOptions _options;
    private readonly Instruments _instruments;
    private readonly TimeProvider _time;
    private readonly ReasonClasses _classes = new();
    private readonly DeadLetterLifetime _lifetime;

    /// <summary>Opens the log if there is one, and begins to read it; nothing waits for that.</summary>
    /// <param name="directory">Where the log lies, absolute.</param>
    /// <param name="logId">Identity of the node's log. Letters of another one are set aside.</param>
    /// <param name="options">Limits.</param>
    /// <param name="segmentBytes">Bytes of a segment file: the largest event with its letter must fit. A multiple of 4,096.</param>
    /// <param name="instruments">Where letters are counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For what operators should know.</param>
    /// <param name="publication">Where letters are published to; null: nowhere.</param>
    /// <param name="projection">What answers questions over many letters; null: a walk over the letters in memory.</param>
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
        : this(directory, logId, options, segmentBytes, instruments, time, loggers, publication, projection, WalDirectory.Open)
    {
    }

    /// <summary>The same, over a file system that tests let fail.</summary>
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
        Func<string, IWalDirectory> openDirectory)
    {
        (_options, _instruments, _time) = (options, instruments, time);
        var logger = loggers.CreateLogger<DeadLetterStore>();
        _lifetime = new DeadLetterLifetime(
            directory,
            () => OpenDeadLetters.Open(directory, openDirectory, logId, segmentBytes, projection, time, logger),
            publication,
            segmentBytes,
            instruments,
            time,
            logger);
        Operations = new DeadLetterOperations(KnownAsync, () => _lifetime.Lanes, time, logger);
        // The sink that letters are published to is made with their log: what is wrong with its settings shows at the start.
        if (Directory.Exists(directory) || publication is not null)
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
    /// Reads the letters that earlier runs left, and lets requeued ones go to their lanes from here on. Called once the node accepts, so
    /// that many letters do not hold up its start.
    /// </summary>
    /// <param name="lanes">The lanes; stopped ones are waited for.</param>
    public void Start(LaneSet lanes) => _lifetime.Start(lanes);

    /// <inheritdoc/>
    public void Begin(string lane, long highWater) => _lifetime.Open?.Log.Begin(lane, highWater);

    /// <inheritdoc/>
    public long? CountIn(string lane, long first, long last) =>
        _lifetime.Open is not { } open ? (_lifetime.Failure is null ? 0 : null)
        : open.Feed is not { Rebuilt.IsCompletedSuccessfully: true, Lost: 0 } || open.Failed.IsCompleted ? null
        : open.Ledger.CountIn(lane, first, last);

    /// <inheritdoc/>
    public async ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel)
    {
        var open = _lifetime.OpenOrCreate();
        await WaitRebuiltAsync(open, cancel);
        DeadLetterLimits.ThrowIfFull(open.Ledger, _options, lane, rejected);
        var (next, last) = (0, 0L);
        while (next < rejected.Count)
        {
            using var records = RecordBatch.Rent();
            do
            {
                DeadLetterRecordWriter.WriteLetter(records, lane, rejected[next++]);
            }
            while (next < rejected.Count && open.Log.Fits(records, rejected[next].Body.Length));
            last = await open.AppendDurablyAsync(records, cancel);
        }
        foreach (var entry in rejected)
        {
            _instruments.DeadLettered.TryAdd(
                1,
                new KeyValuePair<string, object?>("lane", lane),
                new KeyValuePair<string, object?>("reason", _classes.Of(entry.Reason)));
        }
        // Durable is enough for the lane; what the limits count, and what is shown, should not lag behind.
        await open.Feed.WaitAsync(last, _lifetime.Closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Stops what runs and closes the log. The lanes are stopped before.</summary>
    public ValueTask DisposeAsync() => _lifetime.DisposeAsync();

    // The open log with everything known that earlier runs left; null before the first letter.
    private async Task<OpenDeadLetters?> KnownAsync(CancellationToken cancel)
    {
        if (_lifetime.Open is not { } open)
        {
            _lifetime.ThrowIfFailed();
            return null;
        }
        // The caller's thread may be one that waits for sockets: what follows reads the disk.
        await WaitRebuiltAsync(open, cancel).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return open;
    }

    // Limits and letters that are there already can only be judged when everything is known.
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
