using Ingest.DeadLetters.Index;
using Ingest.DeadLetters.Publication;
using Ingest.DeadLetters.Requeue;
using Ingest.DeadLetters.Storage;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters;

/// <summary>
/// Events that sinks refused, until an operator has them sent again or gives them up. Its log is made with the first of them.
/// </summary>
public sealed partial class DeadLetterStore : IDeadLetterStore, IAsyncDisposable
{
    private static readonly TimeSpan RebuildPatience = TimeSpan.FromSeconds(10);

    private readonly string _directory;
    private readonly Guid _logId;
    private readonly DeadLetterOptions _options;
    private readonly int _segmentBytes;
    private readonly IDeadLetterIndexFactory _indexes;
    private readonly Instruments _instruments;
    private readonly DeadLetterPublication? _publication;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReasonClasses _classes = new();
    private readonly Lock _opening = new();

    // Written under the lock, read by any thread.
    private volatile OpenDeadLetters? _open;
    private RequeuePump? _pump;
    private Func<LaneSet?>? _lanes;
    private bool _disposed;

    /// <summary>Opens the log if there is one, and begins to read it; nothing waits for that.</summary>
    /// <param name="directory">Where the log lies, absolute.</param>
    /// <param name="logId">Identity of the node's log. Letters of another one are set aside.</param>
    /// <param name="options">Limits.</param>
    /// <param name="segmentBytes">Bytes of a segment file: the largest event with its letter must fit. A multiple of 4,096.</param>
    /// <param name="indexes">Makes the index.</param>
    /// <param name="instruments">Where letters are counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">For what operators should know.</param>
    /// <param name="publication">Where letters are published to; null: nowhere.</param>
    /// <exception cref="StorageException">The log cannot be opened; the message says why.</exception>
    /// <exception cref="InvalidOperationException">Settings of the sink letters are published to are wrong.</exception>
    public DeadLetterStore(
        string directory,
        Guid logId,
        DeadLetterOptions options,
        int segmentBytes,
        IDeadLetterIndexFactory indexes,
        Instruments instruments,
        TimeProvider time,
        ILoggerFactory loggers,
        DeadLetterPublication? publication = null)
    {
        (_directory, _logId, _options, _segmentBytes, _indexes) = (directory, logId, options, segmentBytes, indexes);
        (_instruments, _time, _logger) = (instruments, time, loggers.CreateLogger<DeadLetterStore>());
        _publication = publication;
        // The sink that letters are published to is made with their log: what is wrong with its settings shows at the start.
        if (Directory.Exists(directory) || publication is not null)
        {
            OpenOrCreate();
        }
    }

    /// <summary>How much there is. Any thread.</summary>
    public DeadLetterStatus Status
    {
        get
        {
            if (_open is not { } open)
            {
                return new(0, _options.LettersMax, 0, _options.BytesMax, 0, null, false, 0, null, []);
            }
            var counts = open.Ledger.Counts;
            return new(
                counts.Count,
                _options.LettersMax,
                counts.Bytes,
                _options.BytesMax,
                open.Log.Wal.Bytes,
                counts.OldestUnixMs,
                !open.Feed.Rebuilt.IsCompleted,
                open.Feed.Lost,
                open.Log.Wal.Poison?.Message,
                counts.Lanes,
                open.Publisher?.Status);
        }
    }

    /// <summary>Lets requeued letters go to their lanes from here on.</summary>
    /// <param name="lanes">The lanes of now; null while there are none.</param>
    public void Start(Func<LaneSet?> lanes)
    {
        lock (_opening)
        {
            _lanes = lanes;
            StartPumpNeedsLock();
        }
    }

    /// <inheritdoc/>
    public void Begin(string lane, long highWater) => _open?.Log.Begin(lane, highWater);

    /// <inheritdoc/>
    public async ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel)
    {
        var open = OpenOrCreate();
        await WaitRebuiltAsync(open, cancel);
        ThrowIfFull(open, lane, rejected);
        var (next, last) = (0, 0L);
        while (next < rejected.Count)
        {
            using var records = RecordBatch.Rent();
            do
            {
                DeadLetterRecordWriter.WriteLetter(records, lane, rejected[next++]);
            }
            while (next < rejected.Count && open.Log.Fits(records, rejected[next].Body.Length));
            last = await open.Log.AppendAsync(records, cancel);
        }
        foreach (var entry in rejected)
        {
            _instruments.DeadLettered.Add(1, new("lane", lane), new("reason", _classes.Of(entry.Reason)));
        }
        // Durable is enough for the lane; what the limits count, and what is shown, should not lag behind.
        await open.Feed.WaitAsync(last, cancel);
    }

    /// <summary>Stops what runs and closes the log. The lanes are stopped before.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_opening)
        {
            _disposed = true;
        }
        if (_pump is not null)
        {
            await _pump.DisposeAsync();
        }
        if (_open is { } open)
        {
            _open = null;
            await open.DisposeAsync();
        }
    }

    private OpenDeadLetters OpenOrCreate()
    {
        if (_open is { } open)
        {
            return open;
        }
        lock (_opening)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _open ??= OpenNeedsLock();
            StartPumpNeedsLock();
            return _open;
        }
    }

    private OpenDeadLetters OpenNeedsLock()
    {
        var open = OpenDeadLetters.Open(_directory, _logId, _segmentBytes, _indexes, _time, _logger);
        try
        {
            open.Publisher = _publication is null ? null : new DeadLetterPublisher(_publication, open.Log.Wal, _instruments, _time, _logger);
            return open;
        }
        catch
        {
            // The feed ends by itself, and the caller has another exception to tell.
            _ = open.DisposeAsync().AsTask();
            throw;
        }
    }

    private void StartPumpNeedsLock()
    {
        if (_open is not null && _lanes is not null && !_disposed)
        {
            if (_pump is null)
            {
                _open.Publisher?.Start();
            }
            _pump ??= new RequeuePump(_open, _lanes, _segmentBytes, _time, _logger);
        }
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
            throw new DeadLettersRebuildingException("the log of the dead letters is still being read");
        }
    }

    // What is a letter already, and is refused again after a rewind, takes no more room.
    private void ThrowIfFull(OpenDeadLetters open, string lane, IReadOnlyList<RejectedEvent> rejected)
    {
        var counts = open.Ledger.Totals;
        var (letters, bytes) = (0, 0L);
        foreach (var entry in rejected)
        {
            if (!entry.IsRepeat || open.Ledger.Find(new DeadLetterKey(entry.Sequence, lane)) is null)
            {
                letters++;
                bytes += entry.Body.Length;
            }
        }
        ThrowIfOver(counts.Count, letters, _options.LettersMax, "letters", "DeadLetters:LettersMax");
        ThrowIfOver(counts.Bytes, bytes, _options.BytesMax, "bytes", "DeadLetters:BytesMax");
    }

    // A batch that would not fit if there were no letter at all waits for the limit alone: giving up letters for it would be in vain.
    private static void ThrowIfOver(long there, long more, long max, string what, string key)
    {
        if (more > max)
        {
            throw new DeadLettersBlockedException(
                $"one batch has {more} {what} for the dead letters, and {key} = {max} is less; raise it and restart: "
                + "requeueing or dropping others makes no room for it");
        }
        if (there + more > max)
        {
            throw new DeadLettersBlockedException(
                $"the dead letters are full: {there} {what} and {more} more are over {key} = {max}; requeue or drop some, "
                + "or raise it and restart");
        }
    }
}

/// <summary>It cannot be said yet what dead letters there are: their log is still being read.</summary>
public sealed class DeadLettersRebuildingException(string message) : Exception(message);
