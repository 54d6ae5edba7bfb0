using System.Threading.Channels;
using Ingest.Health;
using Ingest.Wal;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.Queue;

/// <summary>
/// What commits, from one opening of the queue to its close: everything that waits becomes one write and one flush. While one
/// flush runs the next group gathers, so there is no timer and no delay to tune.
/// </summary>
internal sealed class CommitLoop : IDisposable
{
    private readonly WriteAheadLog _log;
    private readonly QueueOptions _options;
    private readonly QueueRoom _room;
    private readonly CommitProgress _progress;
    private readonly AdmissionGate _gate;
    private readonly ILogger _logger;

    private readonly Channel<PendingCommit> _channel;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ICommitDriver _driver;

    // Driver only.
    private readonly List<PendingCommit> _group = new(1024);
    private readonly List<(long First, long Last)> _ranges = new(1024);
    private PendingCommit? _carried;

    private volatile bool _closed;

    /// <summary>Starts the driver, which is its own. It ends after <see cref="CloseAsync"/>, or when the log fails.</summary>
    internal CommitLoop(
        WriteAheadLog log,
        QueueOptions options,
        QueueRoom room,
        CommitProgress progress,
        AdmissionGate gate,
        ILogger logger,
        ICommitDriver driver)
    {
        (_log, _options, _room, _progress, _gate, _logger, _driver) = (log, options, room, progress, gate, logger, driver);
        // One reader: the driver. Writers are the requests. Room is taken before writing, so the channel itself is never full.
        _channel = Channel.CreateBounded<PendingCommit>(new BoundedChannelOptions(options.DepthItems) { SingleReader = true });
        _driver.Start(Turn, HasWorkOrClosed);
    }

    /// <summary>Ends when the last turn is over: after a close, or because the log failed.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Hands over a batch whose room is taken. False: the loop takes nothing more. Any thread.</summary>
    internal bool TryEnqueue(PendingCommit pending)
    {
        if (!_channel.Writer.TryWrite(pending))
        {
            return false;
        }
        _driver.Wake();
        return true;
    }

    /// <summary>Takes nothing more, commits what waits, answers its waiters, and ends.</summary>
    internal Task CloseAsync()
    {
        Close();
        return Ended;
    }

    /// <summary>Closes and waits for the last turn.</summary>
    public void Dispose()
    {
        Close();
        _driver.Dispose();
    }

    private void Close()
    {
        // In this order: once the driver sees the flag, nothing can be written behind its back.
        _channel.Writer.TryComplete();
        _closed = true;
        _driver.Wake();
    }

    /// <summary>Commits one group of what waits. Driver only.</summary>
    private CommitTurn Turn()
    {
        var turn = CommitTurn.Ended;
        try
        {
            turn = CommitWaiting();
        }
        catch (Exception e)
        {
            // What the log has after a programming error cannot be told: the same answer as for a failed disk.
            Fail(e.Message, e.ToString());
        }
        finally
        {
            if (turn == CommitTurn.Ended)
            {
                _ended.TrySetResult();
            }
        }
        return turn;
    }

    private CommitTurn CommitWaiting()
    {
        if (!GatherGroup())
        {
            return _closed && !HasWork() ? CommitTurn.Ended : CommitTurn.Idle;
        }
        CommitGroup();
        if (_log.Poison is { } poison)
        {
            Fail(poison.Message, poison.Message);
            return CommitTurn.Ended;
        }
        return CommitTurn.Committed;
    }

    /// <summary>Fills a group with what waits. False: nothing does.</summary>
    private bool GatherGroup()
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
        return _group.Count > 0;
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
        var started = _progress.Begin();
        var outcome = _log.Commit(_progress.UnixMs);
        _progress.End();
        if (outcome == CommitOutcome.Committed)
        {
            _progress.Committed(started, _group, _ranges[0].First, _ranges[^1].Last);
        }
        else if (outcome == CommitOutcome.DiskFull)
        {
            _gate.Close(RefusalCode.DiskPressure, "The disk is full; intake resumes by itself when there is room.", LogUpkeep.GateOwner);
        }
        else if (_log.Poison is not null)
        {
            // Before any waiter is told: once one answer says that the log failed, readiness must not say otherwise.
            CloseForGood();
        }
        // Before any waiter is told: who is answered and sends again meets the limit that this group reached.
        _progress.AfterCommit?.Invoke();
        AnswerGroup(outcome);
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

    /// <summary>
    /// Permanently closes intake after a log failure. Completes pending batches with <see cref="CommitStatus.LogFailed"/> and reports the
    /// failure.
    /// </summary>
    private void Fail(string reason, string detail)
    {
        Log.LogFailed(_logger, detail);
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
        _progress.Fail(reason);
    }
}
