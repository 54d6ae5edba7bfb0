using Ingest.DeadLetters.Index;
using Ingest.DeadLetters.Ledger;
using Ingest.DeadLetters.Publication;
using Ingest.DeadLetters.Storage;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters;

/// <summary>The dead letters' log with what it comes to. There is none before the first event was refused.</summary>
internal sealed class OpenDeadLetters : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();

    private OpenDeadLetters(DeadLetterLog log, DeadLetterLedger ledger, DeadLetterFeed feed) => (Log, Ledger, Feed) = (log, ledger, feed);

    internal DeadLetterLog Log { get; }

    internal DeadLetterLedger Ledger { get; }

    internal DeadLetterFeed Feed { get; }

    /// <summary>Publishes letters; null where nobody wants that. Set before anything is stored.</summary>
    internal DeadLetterPublisher? Publisher { get; set; }

    /// <summary>
    /// Whoever has it may change what letters there are already: nobody else resolves or moves one between the look and the record.
    /// </summary>
    internal SemaphoreSlim Changing { get; } = new(1, 1);

    /// <exception cref="Ingest.Wal.Storage.StorageException">In use, not permitted, full or failing.</exception>
    internal static OpenDeadLetters Open(
        string directory, Guid origin, int segmentBytes, IDeadLetterIndexFactory indexes, TimeProvider time, ILogger logger)
    {
        if (DeadLetterOrigin.SetAside(directory, origin) is { } aside)
        {
            DeadLetters.Log.SetAside(logger, directory, aside);
        }
        var log = DeadLetterLog.Open(directory, origin, segmentBytes, time);
        foreach (var damage in log.Wal.Quarantined)
        {
            DeadLetters.Log.Damaged(logger, directory, damage.Segment, damage.Offset, damage.Copy);
        }
        try
        {
            var ledger = new DeadLetterLedger(indexes.Create(directory));
            return new OpenDeadLetters(log, ledger, new DeadLetterFeed(log.Wal, ledger, directory, time, logger));
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Appends durably; when it ends, the ledger knows. Returns the last position; the batch stays the caller's.</summary>
    internal async Task<long> AppendAsync(RecordBatch records, CancellationToken cancel)
    {
        var last = await Log.AppendAsync(records, cancel);
        // What is durable happened: only the end of everything may end this wait.
        await Feed.WaitAsync(last, _closing.Token);
        return last;
    }

    public async ValueTask DisposeAsync()
    {
        if (Publisher is not null)
        {
            await Publisher.DisposeAsync();
        }
        await _closing.CancelAsync();
        await Feed.DisposeAsync();
        Ledger.Dispose();
        Log.Dispose();
        Changing.Dispose();
        _closing.Dispose();
    }
}
