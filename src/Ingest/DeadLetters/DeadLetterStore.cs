using Ingest.DeadLetters.Projection;
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
/// Events that sinks refused, until an operator has them sent again or drops them. The log is made with the first of them.
/// </summary>
/// <remarks>
/// When the log fails (<see cref="OpenDeadLetters.Failed"/>), it is closed and opened anew after a pause, as often as needed. Until then
/// lanes with refused events are blocked and operators get <see cref="DeadLettersBlockedException"/>; both look again by themselves.
/// </remarks>
public sealed class DeadLetterStore : IDeadLetterStore, IAsyncDisposable
{
    private static readonly TimeSpan RebuildPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReopenMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReopenMax = TimeSpan.FromSeconds(30);

    private readonly string _directory;
    private readonly Guid _logId;
    private readonly DeadLetterOptions _options;
    private readonly int _segmentBytes;
    private readonly Instruments _instruments;
    private readonly DeadLetterPublication? _publication;
    private readonly ProjectionOptions? _projection;
    private readonly Func<string, IWalDirectory> _openDirectory;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReasonClasses _classes = new();
    private readonly Lock _opening = new();
    private readonly CancellationTokenSource _closing = new();

    // Written under the lock, read by any thread. Without an open log, the failure says why there is none although there should be.
    private volatile OpenDeadLetters? _open;
    private volatile string? _failure;

    // Under the lock.
    private RequeuePump? _pump;
    private LaneSet? _lanes;
    private Task _recovery = Task.CompletedTask;
    private bool _disposed;

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
        (_projection, _openDirectory) = (projection, openDirectory);
        (_directory, _logId, _options, _segmentBytes) = (directory, logId, options, segmentBytes);
        (_instruments, _time, _logger) = (instruments, time, loggers.CreateLogger<DeadLetterStore>());
        _publication = publication;
        Operations = new DeadLetterOperations(KnownAsync, () => _lanes, time, _logger);
        // The sink that letters are published to is made with their log: what is wrong with its settings shows at the start.
        if (Directory.Exists(directory) || publication is not null)
        {
            OpenOrCreate();
        }
    }

    /// <summary>What operators ask and do.</summary>
    public DeadLetterOperations Operations { get; }

    /// <summary>How much there is. Any thread.</summary>
    public DeadLetterStatus Status
    {
        get
        {
            if (_open is not { } open)
            {
                var failure = _failure;
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

    /// <summary>Lets requeued letters go to their lanes from here on.</summary>
    /// <param name="lanes">The lanes; stopped ones are waited for.</param>
    public void Start(LaneSet lanes)
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
            _instruments.DeadLettered.Add(1, new("lane", lane), new("reason", _classes.Of(entry.Reason)));
        }
        // Durable is enough for the lane; what the limits count, and what is shown, should not lag behind.
        await open.Feed.WaitAsync(last, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Stops what runs and closes the log. The lanes are stopped before.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_opening)
        {
            _disposed = true;
        }
        await _closing.CancelAsync();
        await _recovery;
        await CloseAsync(_open);
        _closing.Dispose();
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
            if (_failure is { } failure)
            {
                throw Blocked(failure);
            }
            if (_open is null)
            {
                OpenNeedsLock([]);
            }
            return _open!;
        }
    }

    private void OpenNeedsLock(IReadOnlyList<KeyValuePair<string, long>> begun)
    {
        var open = OpenDeadLetters.Open(_directory, _openDirectory, _logId, _segmentBytes, _projection, _time, _logger);
        try
        {
            open.Publisher = _publication is null ? null : new DeadLetterPublisher(_publication, open.Log.Wal, _instruments, _time,
                _logger);
        }
        catch
        {
            // The feed ends by itself, and the caller has another exception to report.
            _ = open.DisposeAsync().AsTask();
            throw;
        }
        foreach (var (lane, highWater) in begun)
        {
            open.Log.Begin(lane, highWater);
        }
        _open = open;
        StartPumpNeedsLock();
        _recovery = RecoverAsync(open);
    }

    private void StartPumpNeedsLock()
    {
        if (_open is not null && _lanes is not null && !_disposed && _pump is null)
        {
            _open.Publisher?.Start();
            _pump = new RequeuePump(_open, _lanes, _segmentBytes, _time, _logger);
        }
    }

    // Waits for a failure, then closes the log and opens it anew. Never throws.
    private async Task RecoverAsync(OpenDeadLetters failed)
    {
        await ((Task)failed.Failed).WaitAsync(_closing.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        if (_closing.IsCancellationRequested)
        {
            return;
        }
        var reason = await failed.Failed;
        lock (_opening)
        {
            (_failure, _open) = (reason, null);
        }
        Log.Failed(_logger, _directory, reason);
        await CloseAsync(failed);
        var begun = failed.Log.TakeBegun();
        var pause = ReopenMin;
        while (!_closing.IsCancellationRequested)
        {
            await Task.Delay(pause, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (TryReopen(begun))
            {
                return;
            }
            pause = pause * 2 < ReopenMax ? pause * 2 : ReopenMax;
        }
    }

    private bool TryReopen(IReadOnlyList<KeyValuePair<string, long>> begun)
    {
        lock (_opening)
        {
            if (_disposed)
            {
                return true;
            }
            try
            {
                OpenNeedsLock(begun);
                _failure = null;
                Log.Reopened(_logger, _directory);
                return true;
            }
            catch (Exception e)
            {
                // Whatever it is: the next try is due in a moment, and until then lanes and operators are told.
                _failure = e.Message;
                Log.NotReopened(_logger, _directory, e.Message);
                return false;
            }
        }
    }

    // Never throws: what goes wrong while a failed log is closed says nothing new.
    private async Task CloseAsync(OpenDeadLetters? open)
    {
        RequeuePump? pump;
        lock (_opening)
        {
            (pump, _pump) = (_pump, null);
            _open = _open == open ? null : _open;
        }
        try
        {
            if (pump is not null)
            {
                await pump.DisposeAsync();
            }
            if (open is not null)
            {
                await open.DisposeAsync();
            }
        }
        catch (Exception e)
        {
            Log.NotClosed(_logger, _directory, e.Message);
        }
    }

    // The open log with everything known that earlier runs left; null before the first letter.
    private async Task<OpenDeadLetters?> KnownAsync(CancellationToken cancel)
    {
        if (_open is not { } open)
        {
            return _failure is { } failure ? throw Blocked(failure) : null;
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

    private static DeadLettersBlockedException Blocked(string failure) =>
        new($"the dead-letter log failed and is being opened anew: {failure}");
}

/// <summary>It cannot be said yet what dead letters there are: their log is still being read.</summary>
public sealed class DeadLettersRebuildingException(string message) : Exception(message);
