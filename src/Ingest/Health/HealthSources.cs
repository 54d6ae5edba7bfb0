namespace Ingest.Health;

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

/// <summary>What health asks others for. Each is called about once a second on the sampler's thread, and must be quick.</summary>
public sealed class HealthSources
{
    /// <summary>What intake goes by, and what readiness says.</summary>
    public required AdmissionGate Gate { get; init; }

    /// <summary>Where the log lies; its file system is watched. Empty: none is.</summary>
    public string DataDirectory { get; init; } = "";

    /// <summary>The commit loop.</summary>
    public Func<CommitHeartbeat> Commits { get; init; } = () => default;

    /// <summary>Why the log takes nothing more, or null when it is sound.</summary>
    public Func<string?> LogFailure { get; init; } = () => null;

    /// <summary>The log; null when it is not open.</summary>
    public Func<LogHealth?> Log { get; init; } = () => null;

    /// <summary>The lanes.</summary>
    public Func<IReadOnlyList<LaneHealth>> Lanes { get; init; } = () => [];

    /// <summary>The drain.</summary>
    public Func<DrainHealth> Drain { get; init; } = () => new DrainHealth("serving", TimeSpan.Zero);

    /// <summary>Drops what pools and caches hold without need, when memory runs short.</summary>
    public Action TrimBuffers { get; init; } = () => { };

    /// <summary>The version that runs.</summary>
    public string Version { get; init; } = "";
}
