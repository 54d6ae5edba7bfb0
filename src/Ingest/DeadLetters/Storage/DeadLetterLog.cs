using System.Diagnostics.CodeAnalysis;
using Ingest.Publishing;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

namespace Ingest.DeadLetters.Storage;

/// <summary>The dead letters' own log: appends records durably, one group after another. Any thread.</summary>
internal sealed class DeadLetterLog : IAsyncDisposable
{
    // How far the log went. Nothing is read by it: should its newest files be lost, the next start knows that something is missing.
    private const string EndCursor = "_written";

    private static readonly TimeSpan NoteInterval = TimeSpan.FromSeconds(1);

    private const int BatchBytesUsual = 1024 * 1024;

    // A letter beside its event's body, at most: head, lane, reason, frame.
    private const int LetterBytesBesideBody = 2048;

    private readonly IWalDirectory _directory;
    private readonly TimeProvider _time;

    // Its holder is the committing thread.
    [SuppressMessage("Reliability", "CA2213", Justification = "An append may wait for it while the log closes.")]
    private readonly SemaphoreSlim _writing = new(1, 1);

    // Under _writing: set before the files and the memory go.
    private bool _closed;

    // The upkeep of the log, and at last its close.
    private WalCursor? _end;
    private long _noted;

    private DeadLetterLog(IWalDirectory directory, WriteAheadLog wal, LaneBeginnings beginnings, TimeProvider time) =>
        (_directory, Wal, Beginnings, _time) = (directory, wal, beginnings, time);

    internal WriteAheadLog Wal { get; }

    /// <summary>What the next append, of no records too, puts on disk first.</summary>
    internal LaneBeginnings Beginnings { get; }

    /// <summary>What goes in one piece; a single larger letter goes alone.</summary>
    internal int BatchBytesMax => Math.Min(BatchBytesUsual, Wal.BatchBytesMax);

    /// <summary>Whether a letter with a body of so many bytes still goes with the others.</summary>
    internal bool Fits(RecordBatch batch, int bodyBytes) =>
        batch.Count == 0 || batch.Bytes + bodyBytes + LetterBytesBesideBody <= BatchBytesMax;

    /// <exception cref="StorageException">In use, not permitted, full or failing.</exception>
    internal static DeadLetterLog Open(
        ILogPlaces places, string path, Guid origin, int segmentBytes, LaneBeginnings beginnings, TimeProvider time)
    {
        var directory = places.Open(path);
        try
        {
            LogOrigin.Keep(directory, origin);
            var wal = places.OpenLog(directory, new WalOptions
            {
                SegmentBytes = segmentBytes,
                SegmentsAhead = 0,
                SegmentsKept = 1,
                GroupBytesMax = segmentBytes / 2,
            });
            return new DeadLetterLog(directory, wal, beginnings, time);
        }
        catch
        {
            // Its lock would keep out the next try.
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Appends the records durably, as a whole. Returns the position of the last; the batch stays the caller's.</summary>
    /// <exception cref="StorageException">There is no room now; nothing was appended.</exception>
    /// <exception cref="DeadLettersBlockedException">
    /// The log failed; whether the records survive shows when it is opened anew. Or it is closed; then nothing was appended.
    /// </exception>
    internal async ValueTask<long> AppendAsync(RecordBatch records, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            if (_closed)
            {
                throw new DeadLettersBlockedException("the dead-letter log is closed");
            }
            // The caller's thread may be one that waits for sockets, and must not wait for the disk.
            return await Task.Run(() => Append(records), CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Notes how far the log goes, at most once a second. One thread at a time.</summary>
    internal void NoteEnd()
    {
        if (_end is null || _time.GetElapsedTime(_noted) >= NoteInterval)
        {
            SaveEnd();
            _noted = _time.GetTimestamp();
        }
    }

    /// <summary>Closes the log once the append under way has ended. Appends that come later are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writing.WaitAsync();
        try
        {
            if (!_closed)
            {
                _closed = true;
                Close();
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    private void Close()
    {
        SaveEnd();
        _end?.Dispose();
        MarkClean();
        Wal.Dispose();
        _directory.Dispose();
    }

    // So that the next start need not pass over numbers.
    private void MarkClean()
    {
        try
        {
            Wal.MarkClean();
        }
        catch (StorageException)
        {
            // A log that failed is left to recovery, and without the mark numbers jump.
        }
    }

    private void SaveEnd()
    {
        try
        {
            _end ??= Wal.OpenCursor(EndCursor);
            if (_end.Sequence < Wal.DurableSequence)
            {
                _end.Save(Wal.DurableSequence, []);
            }
        }
        catch (StorageException)
        {
            // No letter depends on it. A cursor that failed takes no more saves: the next look opens it anew.
            _end?.Dispose();
            _end = null;
        }
    }

    private long Append(RecordBatch records)
    {
        ThrowIfFailed();
        var begun = Beginnings.All();
        if (begun.Count > 0)
        {
            using var beginnings = RecordBatch.Rent();
            foreach (var (lane, highWater) in begun)
            {
                DeadLetterRecordWriter.WriteBegun(beginnings, lane, highWater);
            }
            Add(beginnings);
        }
        var last = Wal.DurableSequence;
        if (records.Count > 0)
        {
            last = Add(records) + records.Count - 1;
        }
        Commit();
        Beginnings.Written(begun);
        return last;
    }

    private long Add(RecordBatch batch)
    {
        if (batch.Bytes > Wal.BatchBytesMax)
        {
            throw new DeadLettersBlockedException(
                $"a dead letter of {batch.Bytes} bytes does not fit a segment of their log; raise Intake:EventBytesMax and restart");
        }
        if (!Wal.TryAdd(batch, out var first))
        {
            Commit();
            if (!Wal.TryAdd(batch, out first))
            {
                throw new InvalidOperationException("An empty group takes every batch.");
            }
        }
        return first;
    }

    private void Commit()
    {
        switch (Wal.Commit(_time.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            case CommitOutcome.Committed:
                return;
            case CommitOutcome.DiskFull:
                throw new StorageException(StorageFailure.Full, "there is no room on the disk for dead letters");
            default:
                ThrowIfFailed();
                throw new InvalidOperationException("A log that takes nothing says why.");
        }
    }

    private void ThrowIfFailed()
    {
        if (Wal.Poison is { } poison)
        {
            throw new DeadLettersBlockedException($"the dead-letter log failed and is being opened anew: {poison.Message}");
        }
    }
}
