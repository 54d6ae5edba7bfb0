using Ingest.Hosting.Lifecycle.Marks;
using Ingest.Intake.Producers;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Keeps what is known of producers across restarts. After a start it reads the file, and the log behind it; requests that name a producer
/// are told <c>starting</c> until then. Afterwards it saves from time to time, so that the log may give their events back.
/// </summary>
internal sealed class ProducerKeeping : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SaveRetryPause = TimeSpan.FromSeconds(5);

    // What a start after a crash reads again at most, beside what comes in during one pause: about a segment.
    private const long SaveBytes = 64 * 1024 * 1024;

    private readonly WriteAheadLog _log;
    private readonly ProducerFile _file;
    private readonly ProducerSequences _sequences;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TimedSignal _wake;

    // Nothing is accepted before the node starts, and afterwards nothing of a producer before this is read: no mark lies behind it.
    private readonly long _last;
    private readonly long _saveBytes;

    // The reading thread's.
    private bool _isFileRead;

    private Task _loop = Task.CompletedTask;

    // The loop's, and then the stop's.
    private readonly MarksSaving _saving;
    private long _saved;
    private bool _hasFailed;

    /// <summary>Starts reading, unless no producers are known at all. Before anything is accepted.</summary>
    internal ProducerKeeping(
        NodeLog writing, ProducerSequences sequences, TimeProvider time, ILogger<ProducerKeeping> logger, long logBytesMax)
        : this(writing.Log, new ProducerFile(writing.Directory, writing.Log), sequences, time, logger, logBytesMax)
    {
    }

    internal ProducerKeeping(
        WriteAheadLog log,
        ProducerFile file,
        ProducerSequences sequences,
        TimeProvider time,
        ILogger<ProducerKeeping> logger,
        long logBytesMax = long.MaxValue)
    {
        (_log, _file, _sequences, _time, _logger) = (log, file, sequences, time, logger);
        _wake = new TimedSignal(time);
        _saving = new MarksSaving(log, sequences.Unsaved, file.Move, through => file.Save(sequences, through));
        _last = log.DurableSequence;
        _saved = time.GetTimestamp();
        _saveBytes = Math.Min(SaveBytes, logBytesMax / IdempotencyKeeping.LogShare);
        if (sequences.IsOn)
        {
            sequences.IsRecovering = true;
            Recovered = Task.Factory.StartNew(Recover, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Ends when the producers are known, or the node stops.</summary>
    internal Task Recovered { get; } = Task.CompletedTask;

    /// <summary>Up to here the log need not be kept for producers. Any thread.</summary>
    internal long SavedThrough =>
        _sequences.IsOn && (_sequences.IsRecovering || _sequences.Unsaved.IsAny) ? _file.Through : long.MaxValue;

    /// <summary>Asks for a save soon: room for the log is short. Any thread; waits for nothing.</summary>
    internal void SaveSoon()
    {
        _saving.Ask();
        _wake.Set();
    }

    /// <summary>Saves from time to time from here on.</summary>
    internal void Start()
    {
        if (_sequences.IsOn)
        {
            _loop = Task.Run(RunAsync);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _wake.Set();
        await Recovered;
        await _loop;
        if (_sequences.IsOn && !_sequences.IsRecovering)
        {
            TrySave();
        }
        _file.Dispose();
        _stop.Dispose();
        _wake.Dispose();
    }

    private void Recover()
    {
        var started = _time.GetTimestamp();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (Read() is not { } found)
                {
                    return;
                }
                if (found > 0)
                {
                    _sequences.Unsaved.Note();
                }
                _sequences.IsRecovering = false;
                Log.ProducersKnown(_logger, _sequences.Count, found, _time.GetElapsedTime(started));
                return;
            }
            catch (Exception e)
            {
                // Whatever it is, what is not known must not be taken for new: requests that need to know are refused until then.
                Log.ProducersNotRead(_logger, RetryPause, e.Message);
                _stop.Token.WaitHandle.WaitOne(RetryPause);
            }
        }
    }

    // The requests found in the log behind the file; null where the node stops.
    private int? Read()
    {
        if (!_isFileRead)
        {
            ReadFile();
            _isFileRead = true;
        }
        var recovery = new ProducerRecovery(_sequences, _time);
        using var reader = _log.OpenReader(_file.Through + 1);
        while (reader.NextSequence <= _last)
        {
            if (_stop.IsCancellationRequested)
            {
                return null;
            }
            if (reader.Read() == WalReadStatus.Record)
            {
                recovery.Add(reader.Sequence, reader.Body);
            }
        }
        recovery.End();
        return recovery.Found;
    }

    private void ReadFile()
    {
        var found = _file.Read(_sequences, _time.GetUtcNow());
        if (found == MarksFound.Known)
        {
            return;
        }
        _sequences.Unsaved.Note();
        if (found == MarksFound.Foreign)
        {
            Log.MarksForeign(_logger, ProducerFile.Name, MarksFile.ForeignName(ProducerFile.Name));
        }
        else
        {
            Log.ProducersDamaged(_logger, ProducerFile.Name, ProducerFile.DamagedName);
        }
    }

    private async Task RunAsync()
    {
        await Recovered;
        while (!_stop.IsCancellationRequested)
        {
            await _wake.WaitAsync(RetryPause);
            if (_saving.IsBegun || IsDue())
            {
                TrySave();
            }
        }
    }

    private bool IsDue()
    {
        if (_time.GetElapsedTime(_saved) >= (_hasFailed ? SaveRetryPause : SaveInterval))
        {
            return true;
        }
        return !_hasFailed && (_saving.IsAsked || _file.IsLost
            || (_sequences.Unsaved.IsChanged && _log.BytesBehind(_file.Through) >= _saveBytes));
    }

    private void TrySave()
    {
        try
        {
            var step = _saving.Step();
            if (step != MarksStep.Waits)
            {
                _saved = _time.GetTimestamp();
                _hasFailed &= step != MarksStep.Saved;
            }
        }
        catch (Exception e)
        {
            // The next look tries again.
            _saving.Fail();
            (_saved, _hasFailed) = (_time.GetTimestamp(), true);
            Log.ProducersNotSaved(_logger, SaveRetryPause, e.Message);
        }
    }
}
