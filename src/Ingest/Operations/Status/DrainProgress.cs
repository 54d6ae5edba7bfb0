namespace Ingest.Operations.Status;

/// <summary>How far a drain is.</summary>
public sealed record DrainProgress
{
    /// <summary>The phase in snake case; <c>serving</c> when there is no drain.</summary>
    public required string Phase { get; init; }

    /// <summary>What asked for it; empty while serving.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether the process exits at the end.</summary>
    public required bool ExitAfter { get; init; }

    /// <summary>Whether the waits were told to end.</summary>
    public required bool WaitsSkipped { get; init; }

    /// <summary>Requests let in and not answered yet.</summary>
    public required int RequestsInFlight { get; init; }

    /// <summary>What the phase may still take, in seconds; null where nothing limits it.</summary>
    public required double? RemainingSeconds { get; init; }

    /// <summary>Events still to be delivered, of the lane that has most.</summary>
    public required long BacklogEvents { get; init; }

    /// <summary>Bytes of these events in the log, about.</summary>
    public required long BacklogBytes { get; init; }

    /// <summary>Age of the oldest, in seconds.</summary>
    public required double BacklogOldestSeconds { get; init; }

    /// <summary>The phases so far.</summary>
    public required IReadOnlyList<PhaseProgress> Phases { get; init; }

    /// <summary>Steps that failed, one sentence each; the drain went on regardless.</summary>
    public required IReadOnlyList<string> Failures { get; init; }
}

/// <summary>A phase of a drain.</summary>
/// <param name="Phase">In snake case.</param>
/// <param name="StartedAt">Wall time.</param>
/// <param name="Seconds">How long it took, or has taken so far.</param>
public sealed record PhaseProgress(string Phase, DateTimeOffset StartedAt, double Seconds);
