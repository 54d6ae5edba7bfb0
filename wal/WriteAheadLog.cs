using System.Buffers.Binary;
using Ingest.Wal.Reading;
using Ingest.Wal.Recovery;
using Ingest.Wal.Retention;
using Ingest.Wal.Segments;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

namespace Ingest.Wal;

/// <summary>
/// A segmented write-ahead log with group commit. Sequence numbers start at 1, grow, and are never given out twice; a start that
/// cannot tell
/// what the end of the log held passes over some.
/// </summary>
/// <remarks>
/// Threads: one thread at a time fills and commits groups (<see cref="TryAdd"/>, <see cref="Commit"/>); any thread may prepare segments
/// and reclaim (serialized inside); any number of readers and cursors, each used by one thread at a time.
/// </remarks>
public sealed class WriteAheadLog : IDisposable
{
    private readonly LogState _state;
    private readonly SegmentSpares _spares;
    private readonly TailSegment _tail;
    private readonly Quarantine _quarantine;
    private readonly GroupWriter _writer;
    private readonly Reclaimer _reclaimer;
    private readonly CursorStore _cursors;

    private WriteAheadLog(RecoveredLog recovered)
    {
        _state = recovered.State;
        _spares = recovered.Spares;
        _tail = recovered.Tail;
        _quarantine = recovered.Quarantine;
        Recovery = recovered.Report;
        _writer = new GroupWriter(_state, _tail);
        _reclaimer = new Reclaimer(_state, _spares);
        _cursors = new CursorStore(_state);
    }

    /// <summary>Opens or creates the log in <paramref name="directory"/> and recovers it. Takes time in proportion to one
    /// segment.</summary>
    /// <param name="directory">Belongs to the log from here on: closed with it, also when opening fails.</param>
    /// <param name="options">Sizes.</param>
    /// <exception cref="StorageException">The directory is not permitted, full, or failing.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its bounds.</exception>
    public static WriteAheadLog Open(IWalDirectory directory, WalOptions options) => Open(directory, options, RandomId);

    internal static WriteAheadLog Open(IWalDirectory directory, WalOptions options, Func<ulong> newId)
    {
        try
        {
            options.Validate();
            return new WriteAheadLog(new LogRecovery(directory, options, newId).Run());
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>What recovery found and did.</summary>
    public RecoveryReport Recovery { get; }

    /// <summary>Damage found since the directory was opened, by recovery and by readers; at most the first thousand places. Any
    /// thread.</summary>
    public IReadOnlyList<QuarantinedRange> Quarantined => _quarantine.Found;

    /// <summary>Identity of the log, made when its directory was first used.</summary>
    public Guid Id => _state.Id;

    /// <summary>The oldest sequence number still on disk; <see cref="DurableSequence"/> + 1 when there is none.</summary>
    public long FirstSequence => _state.Segments[0].BaseSequence;

    /// <summary>Everything up to here survives power loss. 0 when nothing was ever written. Any thread.</summary>
    public long DurableSequence => _state.DurableSequence;

    /// <summary>The number the next record gets. Committing thread, or while nothing is appended.</summary>
    public long NextSequence => _writer.NextSequence;

    /// <summary>
    /// The identity under which a number was given out: that of the opening of the log which did. With the number it names a record
    /// for ever, also
    /// beside an older copy of the directory that went on by itself. Any thread.
    /// </summary>
    public Guid EpochOf(long sequence) => _state.Epochs.IdOf(sequence);

    /// <summary>
    /// The last number that an epoch may have given out in this log; <see cref="long.MaxValue"/> for the present one, null for one
    /// that this log
    /// does not know: another log's, or that of a copy which went on by itself. Any thread.
    /// </summary>
    public long? LastOfEpoch(Guid epoch) => _state.Epochs.LastOf(epoch);

    /// <summary>How many of the numbers up to this one were never given out. Any thread.</summary>
    public long SkippedUpTo(long sequence) => _state.Epochs.SkippedUpTo(sequence);

    /// <summary>Bytes of all segments on disk, those ready for later included. Any thread.</summary>
    public long Bytes => _state.Bytes;

    /// <summary>Bytes of the segments that hold records: <see cref="Bytes"/> without those ready for later. Any thread.</summary>
    public long BytesInUse => _state.BytesInUse;

    /// <summary>About how many bytes the records behind <paramref name="sequence"/> take on disk. Any thread.</summary>
    public long BytesBehind(long sequence) => _state.Segments.Sum(segment => segment.BytesBehind(sequence));

    /// <summary>Why nothing may be appended any more, after a failed write or flush; null while healthy. Any thread.</summary>
    public StorageException? Poison => _state.Poison;

    /// <summary>Has <paramref name="observer"/> called on the committing thread after each commit, with the new durable sequence, until
    /// the result is disposed. It must be quick and must not throw. Any thread.</summary>
    public IDisposable ObserveDurable(Action<long> observer) => _state.Observe(observer);

    /// <summary>Bytes of the group being filled. Committing thread only.</summary>
    public int GroupBytes => _writer.GroupBytes;

    /// <summary>
    /// Copies the batch's frames into the group being filled and numbers them. The batch stays the caller's. False: the group is full,
    /// commit first. Committing thread only.
    /// </summary>
    /// <exception cref="ArgumentException">The batch alone is larger than a segment takes.</exception>
    public bool TryAdd(RecordBatch batch, out long firstSequence) => _writer.TryAdd(batch, out firstSequence);

    /// <summary>Largest number of frame bytes a single batch may have.</summary>
    public int BatchBytesMax => WalOptions.BatchBytesMax(_state.Options.SegmentBytes);

    /// <summary>
    /// Writes the group with one write, flushes it with one fdatasync, and publishes the durable position. On
    /// <see cref="CommitOutcome.DiskFull"/> nothing was written and the group is dropped, its numbers with it: commit later groups as if
    /// it had never been. On <see cref="CommitOutcome.Poisoned"/> the group may or may not survive a restart. Committing thread only.
    /// </summary>
    /// <param name="unixTimeMs">Wall time of the commit, for time-based retention and rewind; need not be monotonic.</param>
    public CommitOutcome Commit(long unixTimeMs) => _writer.Commit(unixTimeMs);

    /// <summary>Makes segments ready ahead of use as <see cref="WalOptions.SegmentsAhead"/> says. False: the disk is full. Any
    /// thread.</summary>
    /// <exception cref="StorageException">A file could not be made, for another reason than space.</exception>
    public bool PrepareSegments() => _spares.Prepare();

    /// <summary>Segments ready for the next rolls. Any thread.</summary>
    public int SegmentsReady => _spares.Count;

    /// <summary>Recycles or deletes sealed segments that nothing needs. Any thread.</summary>
    /// <exception cref="StorageException">A file could not be removed; what was removed before it stays removed.</exception>
    public ReclaimResult Reclaim(in ReclaimLimits limits) => _reclaimer.Reclaim(limits);

    /// <summary>A reader whose first record is <paramref name="fromSequence"/>, or the oldest one still there if that is later.</summary>
    public WalReader OpenReader(long fromSequence) => new(_state, _quarantine, fromSequence);

    /// <summary>Records that readers took from memory, where the last groups are kept. Any thread.</summary>
    public long ReadFromMemory => _state.Reads.Memory;

    /// <summary>Records that readers read from the disk. Any thread.</summary>
    public long ReadFromDisk => _state.Reads.Disk;

    /// <summary>Frames that readers found wrong in memory and read from the disk. Any thread.</summary>
    public long MemoryErrors => _state.Reads.MemoryErrors;

    /// <summary>Memory of the last groups that is held now, in bytes. Any thread.</summary>
    public long TailBytesHeld => _state.Tail?.HeldBytes ?? 0;

    /// <summary>Groups are written past the page cache. Any thread.</summary>
    public bool WritesDirect => _state.WritesDirect;

    /// <summary>Why they are not, though it was asked for; null otherwise. Any thread.</summary>
    public string? DirectRefusal => _state.DirectRefusal;

    /// <summary>Gives back the memory of the last groups, except what is filled or read just now. Any thread.</summary>
    public void TrimTail() => _state.Tail?.Trim();

    /// <summary>Throws where the parts in memory contradict each other. For tests.</summary>
    internal void AssertInvariants() => _state.Tail?.AssertInvariants();

    /// <summary>Opens or creates the cursor <paramref name="name"/> (<c>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}</c>).</summary>
    /// <exception cref="InvalidOperationException">It is open already.</exception>
    public WalCursor OpenCursor(string name) => _cursors.Open(name);

    /// <summary>Names and positions of all cursors in the directory.</summary>
    public IReadOnlyList<CursorPosition> ListCursors() => _cursors.List();

    /// <summary>Deletes a cursor that is not open.</summary>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    public void DeleteCursor(string name) => _cursors.Delete(name);

    /// <summary>The first sequence committed at or after the time; <see cref="DurableSequence"/> + 1 when there is none.</summary>
    public long FindSequence(long unixTimeMs) => TimeSearch.Find(_state, unixTimeMs);

    /// <summary>Records that everything was flushed and the process stopped in order: recovery then takes any damage for damage.
    /// Committing thread only.</summary>
    /// <exception cref="StorageException">The mark could not be written, or the log is poisoned.</exception>
    public void MarkClean() => _tail.MarkClean(_writer.NextSequence);

    /// <summary>Closes files and the lock. Does not flush: everything acknowledged is durable already.</summary>
    public void Dispose()
    {
        _writer.Dispose();
        _state.Tail?.Dispose();
        _tail.Dispose();
        _spares.Dispose();
        _state.Directory.Dispose();
    }

    // Both halves of a random GUID, so that its fixed bits meet random ones. The cryptographic generator would load OpenSSL, 6 MB, into
    // every node.
    internal static ulong RandomId()
    {
        Span<byte> bytes = stackalloc byte[2 * sizeof(ulong)];
        Guid.NewGuid().TryWriteBytes(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes[sizeof(ulong)..]);
    }
}
