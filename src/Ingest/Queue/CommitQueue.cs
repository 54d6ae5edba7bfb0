using Ingest.Health;
using Ingest.Queue.Totals;
using Ingest.Wal;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.Queue;

/// <summary>
/// The bounded queue between the requests and the disk. It lives as long as the node: a drain closes it, and a drain that is taken back
/// reopens it. Its <see cref="CommitLoop"/> does the commits.
/// </summary>
/// <remarks>
/// Room is the queue's, not the loop's: what a closed loop still commits counts until it is answered. Closing and reopening are the
/// drain's, one at a time; a batch that meets a closed loop is refused.
/// </remarks>
public sealed class CommitQueue : IDisposable
{
    private readonly WriteAheadLog _log;
    private readonly QueueOptions _options;
    private readonly AdmissionGate _gate;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly QueueRoom _room;
    private readonly CommitProgress _progress;
    private readonly Func<ICommitDriver> _newDriver;

    private volatile CommitLoop _loop;

    /// <summary>Opens the queue: starts its commit thread.</summary>
    /// <param name="log">The log; the queue alone writes to it.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="gate">Closed when the disk is full or the log has failed.</param>
    /// <param name="totals">Where accepted events are counted.</param>
    /// <param name="instruments">For flushes and groups.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For a failed log.</param>
    public CommitQueue(
        WriteAheadLog log,
        QueueOptions options,
        AdmissionGate gate,
        StreamTotals totals,
        Instruments instruments,
        TimeProvider time,
        ILogger<CommitQueue> logger)
        : this(log, options, gate, totals, instruments, time, logger, static () => new CommitThread())
    {
    }

    /// <summary>The same with another driver of the commits, a new one for each opening.</summary>
    internal CommitQueue(
        WriteAheadLog log,
        QueueOptions options,
        AdmissionGate gate,
        StreamTotals totals,
        Instruments instruments,
        TimeProvider time,
        ILogger<CommitQueue> logger,
        Func<ICommitDriver> newDriver)
    {
        (_log, _options, _gate, Totals, _time, _logger, _newDriver) = (log, options, gate, totals, time, logger, newDriver);
        _room = new QueueRoom(options.DepthItems, options.DepthBytes);
        _progress = new CommitProgress(totals, instruments, time);
        _loop = NewLoop();
    }

    /// <summary>Batches waiting for their commit. Any thread.</summary>
    public long Items => _room.Items;

    /// <summary>Bytes waiting for their commit. Any thread.</summary>
    public long Bytes => _room.Bytes;

    /// <summary>Commit groups written since the process started, each with one flush. Any thread.</summary>
    public long Groups => _progress.Groups;

    /// <summary>What each stream was promised.</summary>
    public StreamTotals Totals { get; }

    /// <summary>Nothing more is committed before <see cref="Reopen"/>. Any thread.</summary>
    public bool IsClosed => _loop.Ended.IsCompleted;

    /// <summary>Ends when the commit thread of this opening has ended: after a close, or because the log failed.</summary>
    public Task Ended => _loop.Ended;

    /// <summary>Ends, with the reason, when the log failed: nothing is committed any more, whatever is reopened. Any thread.</summary>
    public Task<string> Failed => _progress.Failed;

    /// <summary>Called on the commit thread after each group, for those who keep the log tidy. Must be quick.</summary>
    public Action? Committed
    {
        get => _progress.AfterCommit;
        set => _progress.AfterCommit = value;
    }

    /// <summary>How long the commit that runs now has been running; zero between commits. Any thread.</summary>
    public TimeSpan CommitRunning => _progress.Running;

    /// <summary>
    /// Hands a batch over and waits until it is durable or refused. The queue owns the batch from here on, whatever happens.
    /// Once queued it is committed even if the caller goes away.
    /// </summary>
    /// <param name="batch">At least one record.</param>
    /// <param name="stream">The stream all its records belong to, for the accounts.</param>
    /// <param name="cancel">Ends only the wait for room.</param>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for room; nothing is stored.</exception>
    public ValueTask<CommitReceipt> SubmitAsync(RecordBatch batch, string stream, CancellationToken cancel) =>
        SubmitAsync(batch, stream, shares: null, _options.AdmissionWait, cancel);

    /// <summary>The same for a batch with records of several streams: one commit for all of them or for none.</summary>
    /// <param name="batch">At least one record.</param>
    /// <param name="shares">What of it belongs to which stream; together all of it. At least one.</param>
    /// <param name="wait">How long to wait for room.</param>
    /// <param name="cancel">Ends only the wait for room.</param>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for room; nothing is stored.</exception>
    public ValueTask<CommitReceipt> SubmitAsync(RecordBatch batch, StreamShare[] shares, TimeSpan wait, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(shares);
        return SubmitAsync(batch, shares[0].Stream, shares.Length > 1 ? shares : null, wait, cancel);
    }

    /// <summary>Takes nothing more, commits what waits, answers its waiters, and ends the thread.</summary>
    public Task CloseAsync() => _loop.CloseAsync();

    /// <summary>Takes batches again after <see cref="CloseAsync"/>; does nothing while the queue is open or after the log failed.</summary>
    public void Reopen()
    {
        if (!IsClosed || Failed.IsCompleted)
        {
            return;
        }
        _loop.Dispose();
        _loop = NewLoop();
    }

    /// <summary>Closes and waits for the thread.</summary>
    public void Dispose() => _loop.Dispose();

    private CommitLoop NewLoop() => new(_log, _options, _room, _progress, _gate, _logger, _newDriver());

    private ValueTask<CommitReceipt> SubmitAsync(
        RecordBatch batch, string stream, StreamShare[]? shares, TimeSpan wait, CancellationToken cancel)
    {
        if (batch.Bytes > _log.BatchBytesMax)
        {
            batch.Dispose();
            return ValueTask.FromResult(new CommitReceipt(CommitStatus.TooLarge));
        }
        var pending = PendingCommit.Rent(batch, stream, shares);
        return _room.TryTake(pending.Bytes) ? Enqueue(pending) : EnqueueWhenRoomAsync(pending, wait, cancel);
    }

    private ValueTask<CommitReceipt> Enqueue(PendingCommit pending)
    {
        // The task is taken before the commit loop can complete and recycle the object under us.
        var task = pending.AsTask();
        var bytes = pending.Bytes;
        if (_loop.TryEnqueue(pending))
        {
            return task;
        }
        _room.Release(1, bytes);
        pending.Discard();
        return ValueTask.FromResult(new CommitReceipt(RefusedStatus));
    }

    private CommitStatus RefusedStatus => _log.Poison is null ? CommitStatus.Closed : CommitStatus.LogFailed;

    private async ValueTask<CommitReceipt> EnqueueWhenRoomAsync(PendingCommit pending, TimeSpan wait, CancellationToken cancel)
    {
        var taken = false;
        try
        {
            taken = await _room.WaitAsync(pending.Bytes, wait, _time, cancel).ConfigureAwait(false);
        }
        finally
        {
            if (!taken)
            {
                pending.Discard();
            }
        }
        return taken ? await Enqueue(pending).ConfigureAwait(false) : new CommitReceipt(CommitStatus.Overloaded);
    }
}
