using Ingest.DeadLetters.Ledger;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters.Projection;

/// <summary>Keeps the projection level with the ledger: one thread, behind everything else, in bulk.</summary>
/// <remarks>
/// Invariants:
/// 1. No lane and no request waits for it. The ledger notes which letters changed, at most once each; the thread takes the notes.
/// 2. The position is written with the last part of what was taken. A start takes the changes of later records only; a part that was
///    written before a crash is written again, with the same result. One that was never filled to its end is begun anew.
/// 3. An exception of any kind, a wrong answer (<see cref="Distrust"/>) and sums that differ from the ledger's end the projection: it is
///    closed, deleted and filled again from the ledger, after a pause that grows to 1 min. So does a log that lost records: a projection
///    that has seen them knows more than a restart would.
/// 4. It uses at most an eighth of a processor: after each part it rests for seven times as long as the part took.
/// </remarks>
internal sealed class ProjectionWriter : IDisposable
{
    private const int PartLetters = 2048;
    private const int RestFactor = 7;

    private static readonly TimeSpan GatherPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan GatherMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly DeadLetterLedger _ledger;
    private readonly ProjectionOptions _options;
    private readonly string _directory;
    private readonly (Guid Id, long First, long Last) _log;
    private readonly DeadLetterFeed _feed;
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
    /// <param name="feed">Fills the ledger from that log.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what operators should know.</param>
    internal ProjectionWriter(
        DeadLetterLedger ledger,
        ProjectionOptions options,
        string directory,
        (Guid Id, long First, long Last) log,
        DeadLetterFeed feed,
        TimeProvider time,
        ILogger logger)
    {
        (_ledger, _options, _directory, _log, _feed, _time, _logger) = (ledger, options, directory, log, feed, time, logger);
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

    private void KeepLevel(Action succeeded)
    {
        // Not before: a node that starts has better use for its processors.
        WaitRebuilt();
        _projection = Open();
        _ledger.NoteAfter(_projection.Position > 0 ? _projection.Position : long.MaxValue);
        if (_feed.Lost > 0 && _projection.Position > 0)
        {
            BeginAnew();
        }
        if (_projection.Position == 0)
        {
            Fill(_projection);
        }
        while (true)
        {
            _stop.Token.ThrowIfCancellationRequested();
            _wake.Reset();
            if (_distrust is { } reason)
            {
                throw new InvalidDataException(reason);
            }
            var applied = WriteChanges(_projection);
            ThrowIfSumsDiffer(_projection, applied);
            Volatile.Write(ref _level, applied);
            succeeded();
            _wake.Wait(_stop.Token);
            Gather();
        }
    }

    // Waits for a quiet moment: what changes several times in a burst is written once, and not while lanes are busy with it.
    private void Gather()
    {
        var began = _time.GetTimestamp();
        long seen;
        do
        {
            seen = _ledger.Applied;
            _stop.Token.WaitHandle.WaitOne(GatherPause);
        }
        while (_ledger.Applied != seen && _time.GetElapsedTime(began) < GatherMax && !_stop.IsCancellationRequested);
    }

    private void WaitRebuilt()
    {
        try
        {
            _feed.Rebuilt.Wait(_stop.Token);
        }
        catch (AggregateException)
        {
            // The ledger is not filled: the log is opened anew, with another writer, which ends this one.
            _stop.Token.WaitHandle.WaitOne();
            throw new OperationCanceledException(_stop.Token);
        }
    }

    private IDeadLetterProjection Open()
    {
        var projection = _options.Factory.Open(_directory, _log.Id, _options.BytesMax);
        _failure = null;
        if (projection.Position == 0)
        {
            return projection.Totals.Letters == 0 ? projection : OpenNew(projection);
        }
        if (projection.Position > _log.Last || projection.Position + 1 < _log.First)
        {
            var reason = $"it stands at record {projection.Position} of a log that has {_log.First} to {_log.Last}";
            projection.Dispose();
            throw new InvalidDataException(reason);
        }
        return projection;
    }

    private void BeginAnew()
    {
        var projection = _projection!;
        _projection = null;
        _projection = OpenNew(projection);
    }

    private IDeadLetterProjection OpenNew(IDeadLetterProjection old)
    {
        old.Dispose();
        _options.Factory.Delete(_directory);
        return _options.Factory.Open(_directory, _log.Id, _options.BytesMax);
    }

    // What changes meanwhile is noted, and written behind it.
    private void Fill(IDeadLetterProjection projection)
    {
        _ledger.NoteAfter(0);
        var (_, applied) = _ledger.TakeChanges();
        DeadLetterKey? after = null;
        while (_ledger.Query(DeadLetterFilter.All, after, PartLetters) is { Count: > 0 } part)
        {
            WritePart(projection, [.. part.Select(letter => new DeadLetterEdit(letter.Key, letter))], position: 0);
            after = part[^1].Key;
        }
        projection.Write([], applied);
    }

    private long WriteChanges(IDeadLetterProjection projection)
    {
        var before = projection.Position;
        var (changed, applied) = _ledger.TakeChanges();
        foreach (var part in changed.Chunk(PartLetters))
        {
            WritePart(projection, [.. part.Select(key => new DeadLetterEdit(key, _ledger.Find(key)))], before);
        }
        if (applied > before)
        {
            projection.Write([], applied);
            Interlocked.Exchange(ref _bytes, projection.Bytes);
        }
        return applied;
    }

    private void WritePart(IDeadLetterProjection projection, DeadLetterEdit[] edits, long position)
    {
        _stop.Token.ThrowIfCancellationRequested();
        var began = _time.GetTimestamp();
        projection.Write(edits, position);
        Interlocked.Exchange(ref _bytes, projection.Bytes);
        _stop.Token.WaitHandle.WaitOne(_time.GetElapsedTime(began) * RestFactor);
    }

    // The log moves on meanwhile: only a difference at rest is one.
    private void ThrowIfSumsDiffer(IDeadLetterProjection projection, long applied)
    {
        var totals = _ledger.Totals;
        if (_ledger.Applied == applied && projection.Totals != totals)
        {
            throw new InvalidDataException($"it has {projection.Totals.Letters} letters and the log {totals.Count}");
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
        // The next one is filled from all letters.
        _ledger.NoteAfter(long.MaxValue);
        _ledger.TakeChanges();
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
