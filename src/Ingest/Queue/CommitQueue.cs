using System.Threading.Channels;
using Ingest.Health;
using Ingest.Wal;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.Queue;

/// <summary>
/// The bounded queue between the requests and the disk, and the thread that commits: everything that waits becomes one write and one flush.
/// While one flush runs the next group gathers, so there is no timer and no delay to tune.
/// </summary>
public sealed class CommitQueue : IDisposable
{
    // How often requests that are ready to run are let past before a group is closed. A switch of threads, not a wait: with nobody ready it
    // takes a microsecond. More changes nothing, none makes groups a third smaller (docs/decisions/0013-request-threads.md).
    private const int GatherYields = 4;

    private readonly WriteAheadLog _log;
    private readonly QueueOptions _options;
    private readonly AdmissionGate _gate;
    private readonly Instruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private readonly Channel<PendingCommit> _channel;
    private readonly QueueRoom _room;
    private readonly IdleSignal _parking = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;

    // Commit thread only.
    private readonly List<PendingCommit> _group = new(1024);
    private readonly List<(long First, long Last)> _ranges = new(1024);
    private PendingCommit? _carried;

    // Written by the commit thread, read by any with Volatile: when the running commit began, 0 between commits.
    private long _commitStarted;
    private long _groups;
    private volatile bool _closed;

    /// <summary>Starts the commit thread. It ends after <see cref="CloseAsync"/>, or when the log fails.</summary>
    public CommitQueue(
        WriteAheadLog log,
        QueueOptions options,
        AdmissionGate gate,
        StreamTotals totals,
        Instruments instruments,
        TimeProvider time,
        ILogger<CommitQueue> logger)
    {
        (_log, _options, _gate, Totals, _instruments, _time, _logger) = (log, options, gate, totals, instruments, time, logger);
        _room = new QueueRoom(options.DepthItems, options.DepthBytes);
        // One reader: the commit thread. Writers are the requests. Room is taken before writing, so the channel itself is never full.
        _channel = Channel.CreateBounded<PendingCommit>(new BoundedChannelOptions(options.DepthItems) { SingleReader = true });
        _thread = new Thread(Run) { Name = "ingest-commit", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Batches waiting for their commit. Any thread.</summary>
    public long Items => _room.Items;

    /// <summary>Bytes waiting for their commit. Any thread.</summary>
    public long Bytes => _room.Bytes;

    /// <summary>Commit groups written, each with one flush. Any thread.</summary>
    public long Groups => Volatile.Read(ref _groups);

    /// <summary>What each stream was promised.</summary>
    public StreamTotals Totals { get; }

    /// <summary>Ends when the commit thread has ended: after a close, or because the log failed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Called on the commit thread after each group, for those who keep the log tidy. Must be quick.</summary>
    public Action? Committed { get; set; }

    /// <summary>How long the commit that runs now has been running; zero between commits. Any thread.</summary>
    public TimeSpan CommitRunning =>
        Volatile.Read(ref _commitStarted) is var started and not 0 ? _time.GetElapsedTime(started) : TimeSpan.Zero;

    /// <summary>
    /// Hands a batch over and waits until it is durable or refused. The queue owns the batch from here on, whatever happens.
    /// Once queued it is committed even if the caller goes away.
    /// </summary>
    /// <param name="batch">At least one record.</param>
    /// <param name="stream">The stream all its records belong to, for the accounts.</param>
    /// <param name="cancel">Ends only the wait for room.</param>
    /// <exception cref="OperationCanceledException">Cancelled while waiting for room; nothing is stored.</exception>
    public ValueTask<CommitReceipt> SubmitAsync(RecordBatch batch, string stream, CancellationToken cancel)
    {
        if (batch.Bytes > _log.BatchBytesMax)
        {
            batch.Dispose();
            return ValueTask.FromResult(new CommitReceipt(CommitStatus.TooLarge));
        }
        var pending = PendingCommit.Rent(batch, stream);
        return _room.TryTake(pending.Bytes) ? Enqueue(pending) : EnqueueWhenRoomAsync(pending, cancel);
    }

    /// <summary>Takes nothing more, commits what waits, answers everyone, and ends the thread.</summary>
    public Task CloseAsync()
    {
        // In this order: once the thread sees the flag, nothing can be written behind its back.
        _channel.Writer.TryComplete();
        _closed = true;
        _parking.Wake();
        return Ended;
    }

    /// <summary>Closes and waits for the thread.</summary>
    public void Dispose()
    {
        CloseAsync().GetAwaiter().GetResult();
        _thread.Join();
        _parking.Dispose();
    }

    private ValueTask<CommitReceipt> Enqueue(PendingCommit pending)
    {
        // The task is taken before the commit loop can complete and recycle the object under us.
        var task = pending.AsTask();
        var bytes = pending.Bytes;
        if (_channel.Writer.TryWrite(pending))
        {
            _parking.Wake();
            return task;
        }
        _room.Release(1, bytes);
        pending.Discard();
        return ValueTask.FromResult(new CommitReceipt(RefusedStatus));
    }

    private CommitStatus RefusedStatus => _log.Poison is null ? CommitStatus.Closed : CommitStatus.LogFailed;

    private async ValueTask<CommitReceipt> EnqueueWhenRoomAsync(PendingCommit pending, CancellationToken cancel)
    {
        var taken = false;
        try
        {
            taken = await _room.WaitAsync(pending.Bytes, _options.AdmissionWait, _time, cancel).ConfigureAwait(false);
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

    private void Run()
    {
        try
        {
            while (GatherGroup())
            {
                CommitGroup();
                if (_log.Poison is { } poison)
                {
                    Fail(poison.Message);
                    return;
                }
            }
        }
        catch (Exception e)
        {
            // Nobody can say what the log has after a programming error here: the same answer as for a failed disk.
            Fail(e.ToString());
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    /// <summary>Waits for work and fills a group. False: closed, and nothing is left.</summary>
    private bool GatherGroup()
    {
        for (var i = 0; i < GatherYields; i++)
        {
            Thread.Yield();
        }
        while (true)
        {
            while (TryTake(out var pending))
            {
                if (!_log.TryAdd(pending.Batch, out var first))
                {
                    _carried = pending;
                    return true;
                }
                pending.ReleaseBatch();
                _group.Add(pending);
                _ranges.Add((first, first + pending.Events - 1));
                if (_log.GroupBytes >= _options.CommitBytesMax)
                {
                    return true;
                }
            }
            if (_group.Count > 0)
            {
                return true;
            }
            if (_closed && !HasWork())
            {
                return false;
            }
            _parking.Park(HasWorkOrClosed);
        }
    }

    private bool HasWork() => _channel.Reader.TryPeek(out _);

    private bool HasWorkOrClosed() => _closed || HasWork();

    private bool TryTake(out PendingCommit pending)
    {
        if (_carried is { } carried)
        {
            _carried = null;
            pending = carried;
            return true;
        }
        return _channel.Reader.TryRead(out pending!);
    }

    private void CommitGroup()
    {
        var started = _time.GetTimestamp();
        Volatile.Write(ref _commitStarted, started);
        var outcome = _log.Commit(_time.GetUtcNow().ToUnixTimeMilliseconds());
        Volatile.Write(ref _commitStarted, 0);
        if (outcome == CommitOutcome.Committed)
        {
            Volatile.Write(ref _groups, _groups + 1);
            _instruments.FlushDuration.Record(_time.GetElapsedTime(started).TotalSeconds);
            _instruments.GroupEvents.Record(_ranges[^1].Last - _ranges[0].First + 1);
            Totals.Add(_group, _ranges[^1].Last);
        }
        else if (outcome == CommitOutcome.DiskFull)
        {
            _gate.Close(RefusalCode.DiskPressure, "The disk is full; intake resumes by itself when there is room.", LogUpkeep.GateOwner);
        }
        else if (_log.Poison is not null)
        {
            // Before anybody is told: once one answer says that the log failed, readiness must not say otherwise.
            CloseForGood();
        }
        AnswerGroup(outcome);
        Committed?.Invoke();
    }

    private void AnswerGroup(CommitOutcome outcome)
    {
        var bytes = 0L;
        for (var i = 0; i < _group.Count; i++)
        {
            bytes += _group[i].Bytes;
            _group[i].Decide(outcome switch
            {
                CommitOutcome.Committed => new CommitReceipt(CommitStatus.Durable, _ranges[i].First, _ranges[i].Last),
                CommitOutcome.DiskFull => new CommitReceipt(CommitStatus.DiskFull),
                _ => new CommitReceipt(CommitStatus.LogFailed),
            });
        }
        _room.Release(_group.Count, bytes);
        CompletionChunk.Dispatch(_group);
        _group.Clear();
        _ranges.Clear();
    }

    private void CloseForGood() =>
        _gate.Close(RefusalCode.LogFailed, "A write or flush of the log failed; the process is about to exit.");

    /// <summary>Ends intake for good: who waits is told, nobody is let in, and <see cref="Ended"/> tells the owner.</summary>
    private void Fail(string reason)
    {
        Log.LogFailed(_logger, reason);
        CloseForGood();
        _channel.Writer.TryComplete();
        _closed = true;
        do
        {
            while (TryTake(out var pending))
            {
                pending.ReleaseBatch();
                _group.Add(pending);
            }
            AnswerGroup(CommitOutcome.Poisoned);
        }
        while (HasWork());
    }
}
