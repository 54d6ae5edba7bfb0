using System.Diagnostics.CodeAnalysis;
using Ingest.Sinks.Contract;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Retention;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

using Microsoft.Extensions.Logging;

namespace Ingest.Publishing.Parking;

/// <summary>
/// The log of one lane's parked events, in a directory of its own: what is parked keeps its bytes here, so the cursor moves on and the
/// node's log is reclaimed. It is made with the first parked event.
/// </summary>
internal sealed class ParkedLog : IDisposable
{
    private const int BatchBytesUsual = 1024 * 1024;

    // A record beside its event's body, at most.
    private const int RecordBytesBesideBody = ParkedRecord.ReasonBytesMax + 128;

    private readonly IWalDirectory _directory;
    private readonly WriteAheadLog _wal;
    private readonly TimeProvider _time;
    private readonly int _segmentBytes;
    private long _reclaimed;

    private ParkedLog(IWalDirectory directory, WriteAheadLog wal, int segmentBytes, TimeProvider time) =>
        (_directory, _wal, _segmentBytes, _time) = (directory, wal, segmentBytes, time);

    /// <summary>Takes up a record.</summary>
    internal delegate void Applier(in ParkedRecord record, long position);

    /// <exception cref="StorageException">In use, not permitted, full or failing.</exception>
    internal static ParkedLog Open(ParkedPlace place, TimeProvider time, ILogger logger)
    {
        // Parked events are known by their numbers, which mean nothing in another log.
        LogOrigin.SetAside(place.Disk, place.Path, place.LogId, logger);
        var directory = place.Disk.Open(place.Path);
        try
        {
            LogOrigin.Keep(directory, place.LogId);
            var wal = place.Disk.OpenLog(directory, new WalOptions
            {
                SegmentBytes = place.SegmentBytes,
                SegmentsAhead = 0,
                SegmentsKept = 1,
                GroupBytesMax = place.SegmentBytes / 2,
            });
            return new ParkedLog(directory, wal, place.SegmentBytes, time);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Whether a record with a body of so many bytes still goes with the others.</summary>
    internal bool Fits(RecordBatch batch, int bodyBytes) =>
        batch.Count == 0 || batch.Bytes + bodyBytes + RecordBytesBesideBody <= Math.Min(BatchBytesUsual, _wal.BatchBytesMax);

    /// <summary>Reads everything from the beginning. What is damaged is passed over: the lane's accounts know what is missing.</summary>
    internal void Replay(Applier apply)
    {
        using var reader = _wal.OpenReader(_wal.FirstSequence);
        while (reader.Read() is var status && status != WalReadStatus.CaughtUp)
        {
            if (status == WalReadStatus.Record && ParkedRecord.TryRead(reader.Body, out var record))
            {
                apply(record, reader.Sequence);
            }
        }
    }

    /// <summary>Appends records durably, as a whole. Returns the position of the first.</summary>
    /// <exception cref="StorageException">There is no room now, or the log failed: only opening it anew finds out what it has.</exception>
    internal long Append(RecordBatch records)
    {
        if (!_wal.TryAdd(records, out var first))
        {
            Commit();
            if (!_wal.TryAdd(records, out first))
            {
                throw new InvalidOperationException("An empty group takes every batch.");
            }
        }
        Commit();
        return first;
    }

    /// <summary>The bodies of parked events, in the order given: ascending positions are read in one pass.</summary>
    /// <exception cref="StorageException">The disk could not read, or a body is damaged.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The caller's.")]
    internal EventBatch Read(IReadOnlyList<(long Sequence, long Position)> wanted)
    {
        var batch = new EventBatch();
        WalReader? reader = null;
        try
        {
            foreach (var (sequence, position) in wanted)
            {
                if (reader is null || reader.NextSequence > position)
                {
                    reader?.Dispose();
                    reader = _wal.OpenReader(position);
                }
                batch.Add(sequence, Find(reader, sequence, position));
            }
            return batch;
        }
        catch
        {
            batch.Dispose();
            throw;
        }
        finally
        {
            reader?.Dispose();
        }
    }

    /// <summary>Gives files back in front of a position.</summary>
    internal void Reclaim(long neededFrom)
    {
        if (neededFrom > _reclaimed)
        {
            _wal.Reclaim(new ReclaimLimits(neededFrom - 1, long.MaxValue, 0));
            _reclaimed = neededFrom;
        }
    }

    /// <summary>Whether the files take so much more than the events in them that moving the oldest pays.</summary>
    internal bool IsWasteful(int events, long parkedBytes)
    {
        // As many bytes as the records take at most: what they take beside the events cannot be saved by moving them.
        var needed = parkedBytes + ((long)events * RecordBytesBesideBody);
        return _wal.BytesInUse - needed > (needed / 2) + (2L * _segmentBytes);
    }

    /// <summary>Why nothing can be appended any more, before the log was opened anew; null while something can.</summary>
    internal StorageException? Poison => _wal.Poison;

    /// <summary>Positions end here.</summary>
    internal long End => _wal.DurableSequence + 1;

    public void Dispose()
    {
        MarkClean();
        _wal.Dispose();
        _directory.Dispose();
    }

    // So that the next start need not pass over numbers.
    private void MarkClean()
    {
        try
        {
            _wal.MarkClean();
        }
        catch (StorageException)
        {
            // A log that failed is left to recovery, and without the mark numbers jump.
        }
    }

    private static ReadOnlySpan<byte> Find(WalReader reader, long sequence, long position)
    {
        while (reader.NextSequence <= position)
        {
            var status = reader.Read();
            if (status == WalReadStatus.CaughtUp)
            {
                break;
            }
            if (status == WalReadStatus.Record && reader.Sequence == position
                && ParkedRecord.TryRead(reader.Body, out var record)
                && record.Kind == ParkedKind.Parked && record.SequenceAt(0) == sequence)
            {
                return record.Body;
            }
        }
        throw new StorageException(StorageFailure.Failed, $"parked event {sequence} cannot be read from the parked log");
    }

    private void Commit()
    {
        switch (_wal.Commit(_time.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            case CommitOutcome.Committed:
                return;
            case CommitOutcome.DiskFull:
                throw new StorageException(StorageFailure.Full, "there is no room on the disk for parked events");
            default:
                throw _wal.Poison ?? new StorageException(StorageFailure.Failed, "the parked log takes nothing more");
        }
    }
}
