using Ingest.Events;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;

namespace Ingest.Publishing.Accounting;

/// <summary>
/// Finds when the oldest event behind a position was accepted by reading it in the log: for a lane that is stopped, failed or refused and
/// so has not read it. Any thread.
/// </summary>
internal sealed class OldestPending(WriteAheadLog log)
{
    private readonly Lock _lock = new();

    // Under the lock: the last answer. An event's time never changes; one that could not be read is asked for again.
    private long _settled = -1;
    private long? _unixMs;

    /// <summary>When the first event behind <paramref name="settled"/> was accepted, Unix ms; null when it cannot be read.</summary>
    internal long? UnixMs(long settled)
    {
        lock (_lock)
        {
            if (_settled != settled || _unixMs is null)
            {
                (_settled, _unixMs) = (settled, Read(settled));
            }
            return _unixMs;
        }
    }

    private long? Read(long settled)
    {
        try
        {
            using var reader = log.OpenReader(Math.Max(settled + 1, log.FirstSequence));
            while (reader.Read() is var status and not WalReadStatus.CaughtUp)
            {
                if (status == WalReadStatus.Record && EventHead.TryRead(reader.Body, out var head))
                {
                    return head.AcceptedUnixMs;
                }
            }
            return null;
        }
        catch (Exception e) when (e is StorageException or ObjectDisposedException)
        {
            // Damaged or reclaimed meanwhile: an unknown age, not an unknown status.
            return null;
        }
    }
}
