namespace Ingest.Drain;

/// <summary>When a phase began and how long it took, or has taken so far.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="StartedAt">Wall-clock time, for people.</param>
/// <param name="Took">Measured with the monotonic clock.</param>
public sealed record DrainPhaseTiming(DrainPhase Phase, DateTimeOffset StartedAt, TimeSpan Took);

/// <summary>A drain as it is now, for <c>/status</c> while it runs.</summary>
public sealed record DrainStatus
{
    /// <summary>How far it has come.</summary>
    public required DrainPhase Phase { get; init; }

    /// <summary>What asked for it, for people; empty while serving.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether the process exits at the end.</summary>
    public required bool ExitAfter { get; init; }

    /// <summary>Whether the waits were told to end.</summary>
    public required bool WaitsSkipped { get; init; }

    /// <summary>The phases so far, in order; empty while serving.</summary>
    public required IReadOnlyList<DrainPhaseTiming> Phases { get; init; }

    /// <summary>Requests that intake let in and has not answered.</summary>
    public required int RequestsInFlight { get; init; }

    /// <summary>What is still to be delivered.</summary>
    public required DrainBacklog Backlog { get; init; }

    /// <summary>What the current phase may still take, or null where nothing limits it.</summary>
    public required TimeSpan? Remaining { get; init; }

    /// <summary>Steps that failed, one sentence each. The drain went on regardless.</summary>
    public required IReadOnlyList<string> Failures { get; init; }
}

/// <summary>How a drain ended.</summary>
/// <param name="Phase"><see cref="DrainPhase.Drained"/>, or <see cref="DrainPhase.Serving"/> when it was taken back.</param>
/// <param name="Left">What stays in the log. Not an error.</param>
/// <param name="Failures">Steps that failed, one sentence each.</param>
/// <param name="Took">From the request to the end.</param>
public sealed record DrainReport(DrainPhase Phase, DrainBacklog Left, IReadOnlyList<string> Failures, TimeSpan Took);

/// <summary>What became of an attempt to take a drain back.</summary>
public enum ResumeOutcome
{
    /// <summary>The node serves again.</summary>
    Resumed,

    /// <summary>No drain was running.</summary>
    NotDraining,

    /// <summary>The process is to exit after this drain; that is not taken back.</summary>
    Exiting,

    /// <summary>Another drain was asked for before this one was taken back.</summary>
    Overtaken,

    /// <summary>A step could not be undone; the node stays drained. See <see cref="DrainStatus.Failures"/>.</summary>
    Failed,
}
