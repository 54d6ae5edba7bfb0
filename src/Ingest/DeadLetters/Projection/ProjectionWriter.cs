using Ingest.DeadLetters.Ledger;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters.Projection;

/// <summary>Keeps the projection level with the ledger: one thread, behind everything else, in bulk.</summary>
/// <remarks>
/// Invariants:
/// 1. No lane and no request waits for it. The ledger notes which letters changed, at most once each; the thread takes the notes.
/// 2. The position is written with the last part of what was taken. A start takes the changes of later records only; a part that was
///    written before a crash is written again, with the same result.
/// 3. An exception of any kind, a wrong answer (<see cref="Distrust"/>) and sums that differ from the ledger's end the projection: it is
///    closed, deleted and filled again from the ledger, after a pause that grows to 1 min.
/// 4. It uses at most a quarter of a processor: after each part it rests for three times as long as the part took.
/// </remarks>
internal sealed class ProjectionWriter : IDisposable
{
    private const int PartLetters = 256;
    private const int RestFactor = 3;

    private static readonly TimeSpan GatherPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly DeadLetterLedger _ledger;
    private readonly ProjectionOptions _options;
    private readonly string _directory;
    private readonly (Guid Id, long First, long Last) _log;
    private readonly Task _rebuilt;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly ManualResetEventSlim _wake = new();
    private readonly Thread _thread;

    // Written by the thread, read by any.
    private volatile IDeadLetterProjection? _projection;
    private volatile string? _failure = "it is being opened";
    private volatile string? _distrust;
    private long _level = -1;
    private long _failures;
    private long _bytes;

    /// <param name="ledger">Notes changes from before its first record on.</param>
    /// <param name="options">Which projection.</param>
    /// <param name="directory">Where the dead-letter log lies, absolute.</param>
    /// <param name="log">Identity of that log, and its first and last position when it was opened.</param>
    /// <param name="rebuilt">Completes when the ledger knows everything up to that last position.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what operators should know.</param>
    internal ProjectionWriter(
        DeadLetterLedger ledger,
        ProjectionOptions options,
        string directory,
        (Guid Id, long First, long Last) log,
        Task rebuilt,
        TimeProvider time,
        ILogger logger)
    {
        (_ledger, _options, _directory, _log, _rebuilt, _time, _logger) = (ledger, options, directory, log, rebuilt, time, logger);
        _ledger.NoteChanges(_wake.Set);
        _thread = new Thread(Run) { IsBackground = true, Name = "dead-letter projection" };
        _thread.Start();
    }

    /// <summary>The projection while it holds everything the ledger knows; else null. Any thread.</summary>
    internal IDeadLetterProjection? Level =>
        _distrust is null && Volatile.Read(ref _level) == _ledger.Applied ? _projection : null;

    internal ProjectionStatus Status => new(
        _options.Factory.Kind, Level is not null, Interlocked.Read(ref _bytes), Interlocked.Read(ref _failures), _failure);

    /// <summary>Has the projection put aside and filled again. Any thread.</summary>
    internal void Distrust(string reason)
    {
        _distrust = reason;
        _wake.Set();
    }

    /// <summary>Stops. A projection that does not return from a call within 5 s is left to the end of the process.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _wake.Set();
        if (_thread.Join(StopPatience))
        {
            _stop.Dispose();
            _wake.Dispose();
        }
    }

    private void Run()
    {
        var pause = RetryMin;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (!WaitRebuilt())
                {
                    return;
                }
                KeepLevel(() => pause = RetryMin);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                PutAside(e.Message);
                _stop.Token.WaitHandle.WaitOne(pause);
                pause = pause * 2 < RetryMax ? pause * 2 : RetryMax;
            }
        }
        Close();
    }

    // False: the ledger cannot be filled. The log is opened anew, with another writer.
    private bool WaitRebuilt()
    {
        try
        {
            _rebuilt.Wait(_stop.Token);
            return true;
        }
        catch (AggregateException)
        {
            return false;
        }
    }

    private void KeepLevel(Action succeeded)
    {
        var projection = Open();
        _projection = projection;
        while (true)
        {
            _stop.Token.ThrowIfCancellationRequested();
            _wake.Reset();
            if (_distrust is { } reason)
            {
                throw new InvalidDataException(reason);
            }
            var (changed, applied) = _ledger.TakeChanges(after: projection.Position);
            Write(projection, changed, applied);
            ThrowIfSumsDiffer(projection, applied);
            Volatile.Write(ref _level, applied);
            succeeded();
            _wake.Wait(_stop.Token);
            // More is on its way: written together it costs less.
            _stop.Token.WaitHandle.WaitOne(GatherPause);
        }
    }

    private IDeadLetterProjection Open()
    {
        var projection = _options.Factory.Open(_directory, _log.Id, _options.BytesMax);
        var isBehindLog = projection.Position > 0 && projection.Position + 1 < _log.First;
        if (projection.Position > _log.Last || isBehindLog)
        {
            projection.Dispose();
            throw new InvalidDataException(
                $"it stands at record {projection.Position} of a log that has {_log.First} to {_log.Last}");
        }
        _failure = null;
        return projection;
    }

    private void Write(IDeadLetterProjection projection, IReadOnlyList<DeadLetterKey> changed, long applied)
    {
        var before = projection.Position;
        foreach (var part in changed.Chunk(PartLetters))
        {
            _stop.Token.ThrowIfCancellationRequested();
            var began = _time.GetTimestamp();
            projection.Write([.. part.Select(key => new DeadLetterEdit(key, _ledger.Find(key)))], before);
            Interlocked.Exchange(ref _bytes, projection.Bytes);
            _stop.Token.WaitHandle.WaitOne(_time.GetElapsedTime(began) * RestFactor);
        }
        if (changed.Count > 0)
        {
            projection.Write([], applied);
        }
    }

    // The log moves on meanwhile: only a difference at rest is one.
    private void ThrowIfSumsDiffer(IDeadLetterProjection projection, long applied)
    {
        var count = _ledger.Totals.Count;
        if (_ledger.Applied == applied && projection.Count != count)
        {
            throw new InvalidDataException($"it has {projection.Count} letters and the log {count}");
        }
    }

    private void PutAside(string reason)
    {
        Interlocked.Increment(ref _failures);
        Log.ProjectionFailed(_logger, _options.Factory.Kind, _directory, reason);
        Close();
        (_failure, _distrust) = (reason, null);
        try
        {
            _options.Factory.Delete(_directory);
        }
        catch (Exception e)
        {
            Log.ProjectionNotDeleted(_logger, _directory, e.Message);
        }
        _ledger.NoteAll();
    }

    private void Close()
    {
        Volatile.Write(ref _level, -1);
        var projection = _projection;
        _projection = null;
        Interlocked.Exchange(ref _bytes, 0);
        try
        {
            projection?.Dispose();
        }
        catch (Exception e)
        {
            Log.ProjectionNotDeleted(_logger, _directory, e.Message);
        }
    }
}
