using System.Text.Json;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Retention;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;

namespace Ingest.Operations.Audit;

/// <summary>
/// What operators did to the node, when and from where: a log of its own in <c>&lt;data&gt;/audit</c>, flushed with each entry, with the
/// latest 8 MiB kept. Made with the first entry. Any thread.
/// </summary>
/// <remarks>
/// The trail never prevents what it records: an entry that cannot be written is logged as an error with all it says. A log that failed is
/// opened anew with the next entry.
/// </remarks>
public sealed class AuditTrail : IDisposable
{
    /// <summary>Most characters of a text in an entry; the rest is cut.</summary>
    public const int TextLengthMax = 512;

    private const int SegmentBytes = 1024 * 1024;
    private const int SegmentsMax = 8;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();

    // Under the lock.
    private WriteAheadLog? _log;
    private bool _disposed;

    /// <param name="path">The trail's directory, absolute; made when it is needed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For entries that could not be written.</param>
    public AuditTrail(string path, TimeProvider time, ILogger<AuditTrail> logger) => (_path, _time, _logger) = (path, time, logger);

    /// <summary>Records what was done; durable when this returns true. False: it was logged as an error instead.</summary>
    /// <param name="entry">Without number and time, which are given here.</param>
    public bool Record(AuditEntry entry)
    {
        lock (_lock)
        {
            try
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                var log = OpenNeedsLock();
                var whole = Bounded(entry) with { Number = log.DurableSequence + 1, Time = _time.GetUtcNow() };
                Append(log, whole);
                Log.Recorded(_logger, whole.Number, whole.Action, whole.Target, whole.Detail, whole.Operator ?? "", whole.From);
                log.Reclaim(new ReclaimLimits(log.DurableSequence, long.MaxValue, (SegmentsMax - 1L) * SegmentBytes));
                return true;
            }
            catch (Exception e)
            {
                Log.NotRecorded(_logger, entry.Action, entry.Target, entry.Detail, entry.Operator ?? "", entry.From, e.Message);
                return false;
            }
        }
    }

    /// <summary>Entries, the latest first.</summary>
    /// <param name="matches">Which.</param>
    /// <param name="before">Only those with a lower number; null: from the latest.</param>
    /// <param name="limit">At most so many; at least 1.</param>
    /// <exception cref="StorageException">The trail cannot be read.</exception>
    public AuditPage Read(Func<AuditEntry, bool> matches, long? before, int limit)
    {
        var entries = new Queue<AuditEntry>();
        var (lost, more) = (0L, false);
        lock (_lock)
        {
            if (_log is null && !Directory.Exists(_path))
            {
                return new AuditPage([], null, 0);
            }
            using var reader = OpenNeedsLock().OpenReader(1);
            while (reader.Read() is var status and not WalReadStatus.CaughtUp)
            {
                if (status == WalReadStatus.Gap)
                {
                    lost += reader.Gap.Reclaimed ? 0 : reader.Gap.Count;
                    continue;
                }
                if (reader.Sequence >= before)
                {
                    break;
                }
                if (JsonSerializer.Deserialize(reader.Body, AuditJson.Default.AuditEntry) is { } entry && matches(entry))
                {
                    entries.Enqueue(entry);
                    more |= entries.Count > limit && entries.TryDequeue(out _);
                }
            }
        }
        List<AuditEntry> found = [.. entries.Reverse()];
        return new AuditPage(found, more ? found[^1].Number : null, lost);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _log?.Dispose();
            _log = null;
        }
    }

    private static AuditEntry Bounded(AuditEntry entry) => entry with
    {
        Target = Cut(entry.Target),
        Detail = Cut(entry.Detail),
        Operator = entry.Operator is { } name ? Cut(name) : null,
    };

    private static string Cut(string text) => text.Length <= TextLengthMax ? text : text[..TextLengthMax];

    private static string Failure(WriteAheadLog log) => log.Poison?.Message ?? "there is no room on the disk";

    private WriteAheadLog OpenNeedsLock()
    {
        if (_log?.Poison is not null)
        {
            // The same as a restart: what is not known to be on the disk is found out by recovery.
            _log.Dispose();
            _log = null;
        }
        return _log ??= WriteAheadLog.Open(
            WalDirectory.Open(_path),
            new WalOptions { SegmentBytes = SegmentBytes, SegmentsAhead = 0, SegmentsKept = 0, GroupBytesMax = SegmentBytes / 2 });
    }

    private static void Append(WriteAheadLog log, AuditEntry entry)
    {
        using var batch = RecordBatch.Rent();
        var json = JsonSerializer.SerializeToUtf8Bytes(entry, AuditJson.Default.AuditEntry);
        batch.BeginRecord();
        json.CopyTo(batch.GetSpan(json.Length));
        batch.Advance(json.Length);
        batch.EndRecord();
        if (!log.TryAdd(batch, out _) || log.Commit(entry.Time.ToUnixTimeMilliseconds()) != CommitOutcome.Committed)
        {
            throw new StorageException(StorageFailure.Failed, Failure(log));
        }
    }
}
