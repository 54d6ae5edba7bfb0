using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Queue.Totals;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Hosting;

/// <summary>The node's log with all that stands on its writing side: totals, queue, upkeep. Opened before anything listens.</summary>
internal sealed class NodeLog : IAsyncDisposable
{
    // At full speed a few segments are on their way round at any time: between being sealed, delivered and written over again.
    private const int RecycledBytesMax = 512 * 1024 * 1024;

    private readonly NodeContext _parts;
    private readonly WalSettings _settings;
    private readonly IWalDirectory _directory;
    private readonly WalCursor _totalsCursor;
    private LogUpkeep? _upkeep;

    private NodeLog(NodeContext parts, IWalDirectory directory, WriteAheadLog log)
    {
        (_parts, _settings, _directory, Log) = (parts, parts.Settings.Get<WalSettings>(), directory, log);
        _totalsCursor = log.OpenCursor(LogUpkeep.TotalsCursor);
        TotalsRecovery.Recover(log, _totalsCursor, Totals);
        // What was read again now need not be read again by the next start, should this one be killed early.
        var (sequence, encoded) = Totals.Encode();
        if (sequence != _totalsCursor.Sequence)
        {
            _totalsCursor.Save(sequence, encoded);
        }
        Queue = new CommitQueue(
            log,
            parts.Settings.Get<QueueOptions>(),
            parts.Gate,
            Totals,
            parts.Instruments,
            parts.Time,
            parts.Loggers.CreateLogger<CommitQueue>());
    }

    internal WriteAheadLog Log { get; }

    /// <summary>Where the log lies.</summary>
    internal IWalDirectory Directory => _directory;

    internal StreamTotals Totals { get; } = new();

    /// <summary>The queue that takes batches; it lives as long as the log is open.</summary>
    internal CommitQueue Queue { get; }

    /// <summary>Why the log failed; null while it is sound.</summary>
    internal string? Failure => Log.Poison?.Message ?? (Queue.Failed.IsCompletedSuccessfully ? Queue.Failed.Result : null);

    /// <exception cref="StorageException">In use, not permitted, full or failing; the message says which.</exception>
    internal static NodeLog Open(NodeContext parts)
    {
        var directory = WalDirectory.Open(parts.WalPath);
        try
        {
            var settings = parts.Settings.Get<WalSettings>();
            var log = WriteAheadLog.Open(directory, new WalOptions
            {
                SegmentBytes = settings.SegmentBytes,
                SegmentsAhead = settings.SegmentsAhead,
                SegmentsKept = Math.Min(WalOptions.SegmentsAheadMax, RecycledBytesMax / settings.SegmentBytes),
                GroupBytesMax = Math.Min(parts.Settings.Get<QueueOptions>().CommitBytesMax, settings.SegmentBytes / 2),
                TailBytes = settings.TailBytes,
                TailCompared = settings.TailCompared,
                DirectWrites = settings.DirectWrites == DirectWrites.Auto,
                Holds = LaneSet.IsLane,
            });
            Report(parts, directory, log);
            return new NodeLog(parts, directory, log);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Starts looking after the log, once it is known what the lanes have settled and what repeats are told by.</summary>
    internal void StartUpkeep(Func<long> settled, Func<long> keepFrom, Action saveSoon)
    {
        _upkeep = new LogUpkeep(
            Log,
            Totals,
            _totalsCursor,
            _settings,
            _parts.Gate,
            settled,
            keepFrom,
            () => _directory.FreeBytes,
            _parts.Time,
            _parts.Loggers.CreateLogger<LogUpkeep>(),
            saveSoon);
        Queue.Committed = _upkeep.AfterCommit;
    }

    /// <summary>Says that everything is flushed and the process stops in order. A failed log is left as it is: recovery decides.</summary>
    internal void MarkClean()
    {
        _upkeep?.SaveTotals();
        if (Log.Poison is not null)
        {
            return;
        }
        try
        {
            Log.MarkClean();
        }
        catch (StorageException e) when (Log.Poison is null)
        {
            // Recovery does without the mark: it only spares the next start from taking damage of the last group for a torn write.
            Hosting.Log.NotMarkedClean(_parts.Loggers.CreateLogger<NodeLog>(), e.Message.TrimEnd('.'));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Queue.Dispose();
        if (_upkeep is not null)
        {
            await _upkeep.DisposeAsync();
        }
        _totalsCursor.Dispose();
        Log.Dispose();
        _directory.Dispose();
    }

    private static void Report(NodeContext parts, IWalDirectory directory, WriteAheadLog log)
    {
        var logger = parts.Loggers.CreateLogger<NodeLog>();
        var found = log.Recovery;
        if (log.FirstSequence > log.DurableSequence && found.TornBytes == 0)
        {
            // A first start, or everything was delivered and given back: there is no end that could be torn.
            Hosting.Log.EmptyLogOpened(logger, directory.Path, log.NextSequence);
        }
        else
        {
            Hosting.Log.LogOpened(
                logger, directory.Path, log.FirstSequence, log.DurableSequence, log.Bytes, found.CleanShutdown, found.TornBytes);
        }
        if (found.MissingEnd is { } missing)
        {
            Hosting.Log.EndMissing(logger, missing.Count, missing.First);
        }
        foreach (var (segment, bytes) in found.CutSegments)
        {
            Hosting.Log.SegmentCut(logger, segment, bytes);
        }
        if (found.TornRecords > 0)
        {
            Hosting.Log.GroupCut(logger, found.TornRecords);
        }
        if (found.SkippedNumbers > 0)
        {
            Hosting.Log.NumbersSkipped(logger, found.SkippedNumbers, log.NextSequence);
        }
        foreach (var range in found.Quarantined)
        {
            if (range.IsWholeFile)
            {
                Hosting.Log.NoSegment(logger, range.Segment, range.Bytes, range.FirstSequence, range.Records, range.Copy);
            }
            else
            {
                Hosting.Log.LogDamaged(logger, range.Records, range.FirstSequence, range.Segment, range.Offset, range.Copy);
            }
        }
    }
}
