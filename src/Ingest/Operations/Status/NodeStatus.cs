using Ingest.Operations.Attention;

namespace Ingest.Operations.Status;

/// <summary>A node at one moment: the document at <c>/status</c>, and what the observed instruments read.</summary>
public sealed record NodeStatus
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>The version that runs.</summary>
    public required string Version { get; init; }

    /// <summary>When the process started, wall time.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it has run, in seconds, by the monotonic clock.</summary>
    public required double UptimeSeconds { get; init; }

    /// <summary><c>starting</c>, <c>serving</c>, <c>draining</c>, <c>drained</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>Whether load balancers should send events here.</summary>
    public required bool Ready { get; init; }

    /// <summary>Why not, by precedence; empty when ready.</summary>
    public required IReadOnlyList<ReasonStatus> Reasons { get; init; }

    /// <summary>What is wrong now, the worst first; empty when nothing is.</summary>
    public IReadOnlyList<AttentionItem> Attention { get; init; } = [];

    /// <summary>How far a drain is.</summary>
    public required DrainProgress Drain { get; init; }

    /// <summary>The log.</summary>
    public required LogStatus Log { get; init; }

    /// <summary>What waits for the disk.</summary>
    public required QueueStatus Queue { get; init; }

    /// <summary>Every lane.</summary>
    public required IReadOnlyList<LaneView> Lanes { get; init; }

    /// <summary>Cursors without a configured sink: they hold the log until an operator decides.</summary>
    public required IReadOnlyList<OrphanStatus> Orphans { get; init; }

    /// <summary>Every stream, by name.</summary>
    public required IReadOnlyList<StreamStatus> Streams { get; init; }

    /// <summary>Events that sinks refused and that are not resolved.</summary>
    public required DeadLetterView DeadLetters { get; init; }

    /// <summary>Producers that number their events.</summary>
    public required ProducersStatus Producers { get; init; }

    /// <summary>Memory; null before the first look.</summary>
    public required MemoryStatus? Memory { get; init; }

    /// <summary>The file system the log lies on; null before the first look.</summary>
    public required DiskStatus? Disk { get; init; }

    /// <summary>The operator's policy; null where there can be none.</summary>
    public PolicyView? Policy { get; init; }
}

/// <summary>A reason not to be ready.</summary>
/// <param name="Code">In snake case.</param>
/// <param name="Detail">One sentence: what is wrong and what ends it.</param>
public sealed record ReasonStatus(string Code, string Detail);

/// <summary>A cursor that no lane moves.</summary>
/// <param name="Name">The lane's name when it had a sink.</param>
/// <param name="Settled">Everything up to here is settled.</param>
public sealed record OrphanStatus(string Name, long Settled);

/// <summary>What waits for the disk.</summary>
/// <param name="Items">Requests.</param>
/// <param name="ItemsMax">How many may.</param>
/// <param name="Bytes">Bytes of encoded events.</param>
/// <param name="BytesMax">How many may.</param>
/// <param name="Groups">Commit groups written since the log was opened, at the start or the last resume, each with one flush.</param>
/// <param name="CommitRunningSeconds">How long the commit that runs now has been running; 0 between commits.</param>
public sealed record QueueStatus(long Items, long ItemsMax, long Bytes, long BytesMax, long Groups, double CommitRunningSeconds);

/// <summary>Producers that number their events (<c>Ingest-Producer</c>).</summary>
/// <param name="Known">Producers whose next number is known.</param>
/// <param name="Max">How many may be.</param>
/// <param name="Dropped">Producers forgotten since the start, for their age or to make room.</param>
/// <param name="Repeats">Repeats recognised since the start.</param>
public sealed record ProducersStatus(long Known, long Max, long Dropped, long Repeats);

/// <summary>Memory as readiness judges it.</summary>
/// <param name="State"><c>good</c> or <c>failing</c>.</param>
/// <param name="Ratio">Used over allowed, the larger of process and heap.</param>
/// <param name="AnonymousBytes">What the process holds that no kernel can take back.</param>
/// <param name="LimitBytes">What it may hold; 0 when unknown.</param>
/// <param name="LimitSource">Where that comes from.</param>
/// <param name="HeapBytes">The managed heap.</param>
/// <param name="HeapLimitBytes">Its own limit; 0 when unknown.</param>
public sealed record MemoryStatus(
    string State, double Ratio, long AnonymousBytes, long LimitBytes, string LimitSource, long HeapBytes, long HeapLimitBytes);

/// <summary>The file system the log lies on.</summary>
/// <param name="State"><c>good</c> or <c>refusing</c>.</param>
/// <param name="FreeBytes">Free; null when it could not be read.</param>
/// <param name="TotalBytes">Its size; null when it could not be read.</param>
public sealed record DiskStatus(string State, long? FreeBytes, long? TotalBytes);
