using Ingest.Hosting.Lifecycle.Marks;
using Ingest.Intake.Idempotency;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Fills the window of repeats from its file and the log behind it after a start, on a thread of its own: only requests that need to know
/// have to wait. They are told <c>starting</c> meanwhile, because storing twice could not be taken back.
/// </summary>
internal sealed class IdempotencyReplay : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly WriteAheadLog _log;
    private readonly IdempotencyFile _file;
    private readonly IdempotencyWindow _window;
    private readonly TimeSpan _span;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();

    // Nothing is accepted before the node starts, and afterwards nothing that carries a mark before this is done: no mark lies behind it.
    private readonly long _last;

    // Written by the thread, read by any with Volatile.
    private long _from = 1;

    // The thread only: what is read next.
    private long _next;
    private bool _isFileRead;

    /// <summary>Starts reading, unless nothing is remembered at all. Before anything is accepted.</summary>
    internal IdempotencyReplay(
        WriteAheadLog log,
        IdempotencyFile file,
        IdempotencyWindow window,
        TimeSpan span,
        TimeProvider time,
        ILogger<IdempotencyReplay> logger)
    {
        (_log, _file, _window, _span, _time, _logger) = (log, file, window, span, time, logger);
        _last = log.DurableSequence;
        if (window.IsOn)
        {
            window.IsRecovering = true;
            Ended = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Ends when the window knows everything, or the node stops: then it goes on recovering, and knows what was read.</summary>
    internal Task Ended { get; } = Task.CompletedTask;

    /// <summary>From here on the log is read. Any thread.</summary>
    internal long ReadFrom => Volatile.Read(ref _from);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Ended;
        _stop.Dispose();
    }

    private void Run()
    {
        var started = _time.GetTimestamp();
        var recovery = new IdempotencyRecovery(_window, _time);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (!Read(recovery))
                {
                    return;
                }
                recovery.End();
                Log.Recalled(
                    _logger, _window.Count, Math.Max(0, _last - Volatile.Read(ref _from) + 1), _time.GetElapsedTime(started));
                return;
            }
            catch (Exception e) when (_time.GetElapsedTime(started) < _span)
            {
                // Whatever it is, what is not known must not be taken for new: requests that need to know are refused until then.
                Log.RecallFailed(_logger, RetryPause, e.Message);
                _stop.Token.WaitHandle.WaitOne(RetryPause);
            }
            catch (Exception e)
            {
                // What the log had of the window's time is older than the window by now.
                recovery.End();
                Log.RecallGivenUp(_logger, _span, e);
                return;
            }
        }
    }

    // False: the node stops.
    private bool Read(IdempotencyRecovery recovery)
    {
        if (_next == 0)
        {
            if (!_isFileRead)
            {
                ReadFile();
                _isFileRead = true;
            }
            _next = Math.Max(_file.Through + 1, _log.FindSequence((_time.GetUtcNow() - _span).ToUnixTimeMilliseconds()));
            Volatile.Write(ref _from, _next);
        }
        using var reader = _log.OpenReader(_next);
        while (reader.NextSequence <= _last)
        {
            if (_stop.IsCancellationRequested)
            {
                return false;
            }
            if (reader.Read() == WalReadStatus.Record)
            {
                recovery.Add(reader.Sequence, reader.Body);
            }
            _next = reader.NextSequence;
        }
        return true;
    }

    private void ReadFile()
    {
        var found = _file.Read(_window, _time.GetUtcNow());
        if (found == MarksFound.Known)
        {
            return;
        }
        _window.Unsaved.Note();
        if (found == MarksFound.Foreign)
        {
            Log.MarksForeign(_logger, IdempotencyFile.Name, MarksFile.ForeignName(IdempotencyFile.Name));
        }
        else
        {
            Log.RepeatsDamaged(_logger, IdempotencyFile.Name, IdempotencyFile.DamagedName);
        }
    }
}
