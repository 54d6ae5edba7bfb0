using Ingest.Wal.Format;
using Ingest.Wal.Reading;
using Ingest.Wal.Storage;
using Ingest.Wal.Tail;

namespace Ingest.Wal.Segments;

/// <summary>What the threads of a log share: the segments, the durable position, the poison.</summary>
/// <remarks>
/// Readers take no lock because:
/// <list type="bullet">
/// <item>the array of segments is never changed, only replaced; the lock orders those who replace it.</item>
/// <item>how far a segment may be read is published before the durable sequence, so a reader of the sequence finds every
/// record up to it readable.</item>
/// <item>the durable sequence only grows and is written by the committing thread alone.</item>
/// </list>
/// </remarks>
internal sealed class LogState(IWalDirectory directory, WalOptions options, EpochTable epochs)
{
    private readonly Lock _listLock = new();
    private Segment[] _segments = [];
    private long _bytesInUse;
    private long _durableSequence;
    private long _spareBytes;
    private StorageException? _poison;
    private string? _directRefusal;
    private Action<long>[] _observers = [];
    private (long First, long Next) _lostHead;

    // Recovery and the committing thread.
    private bool _epochIsDurable = true;

    internal IWalDirectory Directory { get; } = directory;

    internal WalOptions Options { get; } = options;

    /// <summary>The last groups in memory; null: none are kept.</summary>
    internal TailRing? Tail { get; } = TailRing.Of(options.TailBytes);

    /// <summary>What readers have read. Any thread.</summary>
    internal ReadCounts Reads { get; } = new();

    /// <summary>Groups are written past the page cache. Any thread.</summary>
    internal bool WritesDirect => Options.DirectWrites && DirectRefusal is null;

    /// <summary>Why they are not, though the options say so. Any thread; set by recovery and the committing thread, once.</summary>
    internal string? DirectRefusal
    {
        get => Volatile.Read(ref _directRefusal);
        set => Volatile.Write(ref _directRefusal, value);
    }

    internal Guid Id => Epochs.LogId;

    /// <summary>Tells which opening gave out which numbers, this one included. Does not change once the log is open.</summary>
    internal EpochTable Epochs { get; private set; } = epochs;

    /// <summary>The number the first group of this opening begins with. Recovery and the committing thread.</summary>
    internal long NextSequence { get; private set; } = 1;

    /// <summary>Oldest first. Never empty once the log is open.</summary>
    internal Segment[] Segments => Volatile.Read(ref _segments);

    internal long DurableSequence => Volatile.Read(ref _durableSequence);

    internal StorageException? Poison => Volatile.Read(ref _poison);

    /// <summary>Bytes of the segments that hold events, the one that is being filled with its whole length. Any thread.</summary>
    internal long BytesInUse => Volatile.Read(ref _bytesInUse);

    internal long Bytes => BytesInUse + Volatile.Read(ref _spareBytes);

    /// <summary>The first failure wins: it is the one that explains the rest.</summary>
    internal void SetPoison(StorageException reason) => Interlocked.CompareExchange(ref _poison, reason, null);

    internal void CountSpareBytes(long change) => Interlocked.Add(ref _spareBytes, change);

    /// <summary>Committing thread, after the flush: the bytes first, then the sequence that makes readers look at them.</summary>
    internal void PublishDurable(Segment segment, in SegmentBounds bounds)
    {
        segment.PublishReadable(bounds);
        Volatile.Write(ref _durableSequence, bounds.Last);
    }

    /// <summary>
    /// Committing thread, after everything else of a commit: an observer that throws breaks its promise, but not the log.
    /// </summary>
    internal void NotifyObservers()
    {
        foreach (var observer in Volatile.Read(ref _observers))
        {
            observer(DurableSequence);
        }
    }

    internal void Start(IEnumerable<Segment> segments, long durableSequence)
    {
        Show([.. segments]);
        Volatile.Write(ref _durableSequence, durableSequence);
    }

    /// <summary>Where reading can begin: the oldest record, or the first of those before it that were lost when the log was opened and
    /// not removed. Any thread.</summary>
    internal long FirstKnown => Segments[0].BaseSequence is var first && first == _lostHead.Next ? _lostHead.First : first;

    /// <summary>Notes while the log is opened that segments before the oldest one were there, the first from this number on.</summary>
    internal void NoteLostHead(long? lostFrom)
    {
        if (lostFrom < Segments[0].BaseSequence)
        {
            _lostHead = (lostFrom.Value, Segments[0].BaseSequence);
        }
    }

    /// <summary>Sets while the log is opened what this opening gives out. It is made durable before the first number of it is.</summary>
    internal void BeginEpoch(in Epoch epoch)
    {
        Epochs = Epochs.With(epoch);
        NextSequence = epoch.First;
        _epochIsDurable = false;
    }

    /// <summary>Makes the present epoch durable, once. False: no room on the disk.</summary>
    internal bool KeepEpoch()
    {
        if (_epochIsDurable)
        {
            return true;
        }
        try
        {
            Epochs.Write(Directory);
            return _epochIsDurable = true;
        }
        catch (StorageException e) when (e.Kind == StorageFailure.Full)
        {
            return false;
        }
    }

    internal void Append(Segment segment)
    {
        lock (_listLock)
        {
            Show([.. _segments, segment]);
        }
    }

    internal void Remove(Segment segment)
    {
        lock (_listLock)
        {
            Show([.. _segments.Where(other => other != segment)]);
        }
    }

    /// <summary>In one step, so that no reader sees both and removes the old one as well.</summary>
    internal void Replace(Segment old, Segment segment)
    {
        lock (_listLock)
        {
            Show([.. _segments.Where(other => other != old), segment]);
        }
    }

    private void Show(Segment[] segments)
    {
        Volatile.Write(ref _segments, segments);
        Volatile.Write(ref _bytesInUse, segments.Sum(segment => (long)segment.Bytes));
    }

    /// <summary>The segment whose range holds <paramref name="sequence"/>: the last one that starts at or before it, else the
    /// oldest.</summary>
    internal static int Find(Segment[] segments, long sequence)
    {
        var low = 0;
        var high = segments.Length - 1;
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            if (segments[middle].BaseSequence <= sequence)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }
        return low;
    }

    /// <summary>fsync of the log's directory. It may have been another thread's entries that were lost, and the system tells of it once:
    /// so a failure stops the log wherever it is seen.</summary>
    internal void SyncDirectory()
    {
        try
        {
            Directory.Sync();
        }
        catch (StorageException e)
        {
            SetPoison(e);
            throw;
        }
    }

    /// <summary>Makes a folder beside the segments; its entry is in the log's own directory, so the same holds.</summary>
    internal void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateFolder(folder);
        }
        catch (StorageException e) when (e.Kind == StorageFailure.Failed)
        {
            SetPoison(e);
            throw;
        }
    }

    internal IDisposable Observe(Action<long> observer)
    {
        lock (_listLock)
        {
            Volatile.Write(ref _observers, [.. _observers, observer]);
        }
        return new Observation(this, observer);
    }

    private void Forget(Action<long> observer)
    {
        lock (_listLock)
        {
            var index = Array.IndexOf(_observers, observer);
            if (index >= 0)
            {
                Volatile.Write(ref _observers, [.. _observers[..index], .. _observers[(index + 1)..]]);
            }
        }
    }

    private sealed class Observation(LogState state, Action<long> observer) : IDisposable
    {
        private LogState? _state = state;

        public void Dispose() => Interlocked.Exchange(ref _state, null)?.Forget(observer);
    }
}
