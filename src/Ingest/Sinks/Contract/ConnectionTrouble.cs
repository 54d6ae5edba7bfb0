namespace Ingest.Sinks.Contract;

/// <summary>Connections of a sink fail. Attempts under way may still succeed: no verdict follows from it.</summary>
/// <param name="Since">Since when, wall time.</param>
/// <param name="Reason">The last failure, in the words of the sink's client.</param>
public sealed record ConnectionTrouble(DateTimeOffset Since, string Reason)
{
    /// <summary>When the last failure was, wall time.</summary>
    public DateTimeOffset Latest { get; init; } = Since;

    /// <summary>Whether no connection was left, and none is known to have come back; otherwise some of several fail.</summary>
    public bool IsCut { get; init; } = true;
}
