using Ingest.Wal.Reading;

namespace Ingest.Wal.Recovery;

/// <summary>What opening the log found and did.</summary>
public sealed record RecoveryReport
{
    /// <summary>The last stop was in order.</summary>
    public bool CleanShutdown { get; init; }

    /// <summary>Bytes of the tail segment that were scanned.</summary>
    public long BytesScanned { get; init; }

    /// <summary>Bytes behind the last valid commit that were cut: a write that a crash tore.</summary>
    public long TornBytes { get; init; }

    /// <summary>
    /// How many records were in what was cut, where a commit frame in it survived. They may have been acknowledged, if it was
    /// damage that took
    /// them and not the crash: that cannot be told. Their numbers are not used again.
    /// </summary>
    public long TornRecords { get; init; }

    /// <summary>Segments whose files are shorter than they were made, with the bytes that are missing: they were cut, or a copy
    /// ran out of
    /// room. What they held and nothing else knows of is lost without a count.</summary>
    public IReadOnlyList<(string Segment, long BytesMissing)> CutSegments { get; init; } = [];

    /// <summary>
    /// Numbers that will never be given out, between the last one that may have been seen and the next one: the last stop was not in order.
    /// </summary>
    public long SkippedNumbers { get; init; }

    /// <summary>
    /// Records the log is known to have held (a cursor or the mark of a clean shutdown says so) that are missing at its end: the last
    /// segment was removed, or an older copy of the directory was restored. Their numbers are not used again; readers meet a gap.
    /// </summary>
    public WalGap? MissingEnd { get; init; }

    /// <summary>Places quarantined because they are damaged, not torn.</summary>
    public IReadOnlyList<QuarantinedRange> Quarantined { get; init; } = [];
}
