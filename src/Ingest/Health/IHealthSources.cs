namespace Ingest.Health;

/// <summary>
/// Shows a node to its health: the sampler's thread reads each member about once a second, so each must answer at once. A figure that is
/// only shown may fail; it is missing from the detail then.
/// </summary>
public interface IHealthSources
{
    /// <summary>What intake goes by, and what readiness says.</summary>
    AdmissionGate Gate { get; }

    /// <summary>Where the log lies; its file system is watched. Empty: none is.</summary>
    string DataDirectory { get; }

    /// <summary>The commit loop.</summary>
    CommitHeartbeat Commits { get; }

    /// <summary>Why the log takes nothing more, or null when it is sound.</summary>
    string? LogFailure { get; }

    /// <summary>The log; null when it is not open.</summary>
    LogHealth? Log { get; }

    /// <summary>The lanes.</summary>
    IReadOnlyList<LaneHealth> Lanes { get; }

    /// <summary>The drain.</summary>
    DrainHealth Drain { get; }

    /// <summary>The version that runs.</summary>
    string Version { get; }

    /// <summary>Drops what pools and caches hold without need, when memory runs short.</summary>
    void TrimBuffers();
}

/// <summary>The log as seen from outside.</summary>
/// <param name="Bytes">What its files take.</param>
/// <param name="BytesMax">What they may take before intake refuses.</param>
/// <param name="Durable">Events ever made durable: the last sequence number.</param>
/// <param name="Settled">The sequence number up to which every lane has settled.</param>
/// <param name="OldestAge">Age of the oldest event not yet settled; zero when there is none.</param>
public sealed record LogHealth(long Bytes, long BytesMax, long Durable, long Settled, TimeSpan OldestAge)
{
    /// <summary>Events some lane has not settled.</summary>
    public long Pending => Math.Max(0, Durable - Settled);
}

/// <summary>One lane, for the detail: nothing a lane does makes the node unready.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">One word: <c>delivering</c>, <c>open</c>, <c>blocked</c>.</param>
/// <param name="Pending">Events it has not settled.</param>
/// <param name="Detail">Why it is not delivering; null when it is.</param>
public sealed record LaneHealth(string Name, string State, long Pending, string? Detail = null);

/// <summary>A drain, for the detail and for the advice to clients.</summary>
/// <param name="Phase">The phase in snake case.</param>
/// <param name="Left">How long it may take at most.</param>
public sealed record DrainHealth(string Phase, TimeSpan Left);
