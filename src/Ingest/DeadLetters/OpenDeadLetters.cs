using Ingest.DeadLetters.Ledger;
using Ingest.DeadLetters.Projection;
using Ingest.DeadLetters.Publication;
using Ingest.DeadLetters.Storage;
using Ingest.Publishing;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters;

/// <summary>The dead-letter log, opened, with the state it amounts to. There is none before the first event was refused.</summary>
/// <remarks>
/// A failed write or flush poisons the log, and an exception in the feed leaves the ledger behind the log. Either ends this object for
/// good: <see cref="Failed"/> completes, nothing more is appended, and the store opens the log anew, which recovers it as a restart would.
/// </remarks>
internal sealed class OpenDeadLetters : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();

    // Asked for after its source is disposed of, by an append that ended as the log closed.
    private readonly CancellationToken _closed;
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly ProjectionWriter? _projection;

    private OpenDeadLetters(string directory, DeadLetterLog log, ProjectionOptions? projection, TimeProvider time, ILogger logger)
    {
        Log = log;
        _closed = _closing.Token;
        Ledger = new DeadLetterLedger();
        Feed = new DeadLetterFeed(log.Wal, Ledger, directory, time, logger) { Failed = Fail };
        if (projection is not null)
        {
            var bounds = (log.Wal.Id, log.Wal.FirstSequence, log.Wal.DurableSequence);
            _projection = new ProjectionWriter(Ledger, projection, directory, bounds, Feed, time, logger);
        }
        Questions = new DeadLetterQuestions(Ledger, _projection);
    }

    internal DeadLetterLog Log { get; }

    internal DeadLetterLedger Ledger { get; }

    /// <summary>Reads the log into the ledger once it is started, which the owner does.</summary>
    internal DeadLetterFeed Feed { get; }

    /// <summary>Answers questions over many letters.</summary>
    internal DeadLetterQuestions Questions { get; }

    /// <summary>The projection at this moment; null where there is none.</summary>
    internal ProjectionStatus? Projection => _projection?.Status;

    /// <summary>Publishes letters; null where that is not configured. Set before anything is stored.</summary>
    internal DeadLetterPublisher? Publisher { get; set; }

    /// <summary>Completes with the reason when the log has to be opened anew. Any thread.</summary>
    internal Task<string> Failed => _failed.Task;

    /// <summary>
    /// Held by the one that resolves, requeues or moves letters: nothing changes them between its look and its record. Never disposed:
    /// its holder may still be at work while the log closes.
    /// </summary>
    internal SemaphoreSlim Changing { get; } = new(1, 1);

    /// <exception cref="Ingest.Wal.Storage.StorageException">In use, not permitted, full or failing.</exception>
    internal static OpenDeadLetters Open(
        string directory,
        ILogPlaces places,
        Guid origin,
        int segmentBytes,
        LaneBeginnings beginnings,
        ProjectionOptions? projection,
        TimeProvider time,
        ILogger logger)
    {
        if (LogOrigin.SetAside(places, directory, origin, logger) is { } aside)
        {
            DeadLetters.Log.SetAside(logger, directory, aside);
        }
        var log = DeadLetterLog.Open(places, directory, origin, segmentBytes, beginnings, time);
        foreach (var damage in log.Wal.Quarantined)
        {
            DeadLetters.Log.Damaged(logger, directory, damage.Segment, damage.Offset, damage.Copy);
        }
        return new OpenDeadLetters(directory, log, projection, time, logger);
    }

    /// <summary>Appends durably; the ledger may not know yet. Returns the last position; the batch stays the caller's.</summary>
    /// <exception cref="Ingest.Wal.Storage.StorageException">There is no room now; nothing was appended.</exception>
    /// <exception cref="Ingest.Publishing.DeadLettersBlockedException">The log failed.</exception>
    internal async Task<long> AppendDurablyAsync(RecordBatch records, CancellationToken cancel)
    {
        try
        {
            return await Log.AppendAsync(records, cancel);
        }
        finally
        {
            if (Log.Wal.Poison is { } poison)
            {
                Fail(poison.Message);
            }
        }
    }

    /// <summary>Appends durably and waits until the ledger knows. Returns the last position; the batch stays the caller's.</summary>
    /// <inheritdoc cref="AppendDurablyAsync" path="/exception"/>
    internal async Task<long> AppendAsync(RecordBatch records, CancellationToken cancel)
    {
        var last = await AppendDurablyAsync(records, cancel);
        // What is durable happened: the caller's wish to stop does not end this wait, a failure or the end of the process does.
        await Feed.WaitAsync(last, _closed);
        return last;
    }

    public async ValueTask DisposeAsync()
    {
        if (Publisher is not null)
        {
            await Publisher.DisposeAsync(publishesRest: !Failed.IsCompleted);
        }
        await _closing.CancelAsync();
        await Feed.DisposeAsync();
        _projection?.Dispose();
        await Log.DisposeAsync();
        _closing.Dispose();
    }

    private void Fail(string reason) => _failed.TrySetResult(reason);
}
