using Ingest.Health.Disk;
using Ingest.Health.Memory;

namespace Ingest.Health;

/// <summary>Why something is as it is.</summary>
/// <param name="Code">In snake case, stable.</param>
/// <param name="Detail">One sentence for people.</param>
internal sealed record HealthReason(string Code, string Detail);

/// <summary>What one look at the node found. What could not be read is null and said so nowhere else.</summary>
internal sealed record HealthSample
{
    /// <summary>Why the node is not live; empty when it is.</summary>
    internal IReadOnlyList<HealthReason> NotLive { get; init; } = [];

    internal MemoryReading Memory { get; init; }

    internal MemoryState MemoryState { get; init; }

    internal long? DiskFree { get; init; }

    internal long? DiskTotal { get; init; }

    internal DiskState DiskState { get; init; }

    internal LogHealth? Log { get; init; }

    internal double SettledPerSecond { get; init; }

    internal IReadOnlyList<LaneHealth> Lanes { get; init; } = [];

    internal DrainHealth Drain { get; init; } = new("serving", TimeSpan.Zero);

    internal TimeSpan Uptime { get; init; }

    internal string Version { get; init; } = "";
}
