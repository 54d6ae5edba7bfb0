using Ingest.Wal.Format;

namespace Ingest.Wal;

/// <summary>Sizes of a log, and who holds it. They may change between runs; segments written with other sizes stay readable.</summary>
public sealed record WalOptions
{
    /// <summary>Smallest segment.</summary>
    public const int SegmentBytesMin = 16 * 1024;

    /// <summary>Largest segment.</summary>
    public const int SegmentBytesMax = 1024 * 1024 * 1024;

    /// <summary>Most segments that can be kept ready.</summary>
    public const int SegmentsAheadMax = 16;

    private const int BlockBytes = 4096;

    /// <summary>Bytes of a segment file, a multiple of 4096. Default 64 MiB; 16 KiB to 1 GiB; a commit group must fit.</summary>
    public int SegmentBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Largest group of frames committed by one write, in bytes. Default 4 MiB; a single batch may exceed it, up to
    /// what fits a segment.</summary>
    public int GroupBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>Segments kept ready ahead of use, so that a full disk shows before it matters. Default 1; 0 to 16.</summary>
    public int SegmentsAhead { get; init; } = 1;

    /// <summary>
    /// Segments that reclaim keeps for reuse instead of deleting them; fewer than <see cref="SegmentsAhead"/> counts as that. A recycled
    /// segment costs nothing to make, a filled one is written twice: under load more are worth keeping than are worth filling. Default 0;
    /// 0 to 16.
    /// </summary>
    public int SegmentsKept { get; init; }

    /// <summary>
    /// Memory for the last groups, in bytes, so that readers that keep up need not read them from the disk. Default 0: none; fewer than
    /// 12,288, which is a group of 4 KiB and its pages, count as none.
    /// </summary>
    public int TailBytes { get; init; }

    /// <summary>Readers compare what they take from memory with the disk, and throw where it differs. For tests. Default false.</summary>
    public bool TailCompared { get; init; }

    /// <summary>
    /// Groups are written past the page cache (O_DIRECT) where the file system takes that, and as otherwise where it does not: see
    /// <see cref="WriteAheadLog.DirectRefusal"/>. Default false.
    /// </summary>
    public bool DirectWrites { get; init; }

    /// <summary>
    /// Tells which cursors, by name, hold the log: <see cref="WriteAheadLog.Reclaim"/> never passes their positions. So a file that
    /// cannot be read and is named like a segment older than all others is known to have cost nothing that they had settled. Null, the
    /// default: it is not known of any.
    /// </summary>
    public Func<string, bool>? Holds { get; init; }

    /// <summary>Bytes of frames that fit a segment in one group, beside its header, its commit frame and its seal.</summary>
    internal static int BatchBytesMax(int segmentBytes) =>
        segmentBytes - SegmentHeader.BlockBytes - CommitBody.FrameBytes - SealBody.FrameBytes;

    /// <summary>How many may be ready at once, filled or recycled.</summary>
    internal int SegmentsReadyMax => Math.Max(SegmentsAhead, SegmentsKept);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytes, SegmentBytesMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentBytes, SegmentBytesMax);
        ArgumentOutOfRangeException.ThrowIfNotEqual(SegmentBytes % BlockBytes, 0, nameof(SegmentBytes));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(GroupBytesMax);
        ArgumentOutOfRangeException.ThrowIfNegative(SegmentsAhead);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentsAhead, SegmentsAheadMax);
        ArgumentOutOfRangeException.ThrowIfNegative(SegmentsKept);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentsKept, SegmentsAheadMax);
        ArgumentOutOfRangeException.ThrowIfNegative(TailBytes);
    }
}
