namespace Ingest.Sinks.Contract;

/// <summary>What became of an event or a batch.</summary>
public enum VerdictKind : byte
{
    /// <summary>The other side has it.</summary>
    Delivered,

    /// <summary>The other side is overloaded: back off, shrink the window, try again.</summary>
    Congested,

    /// <summary>Failed in a way that may pass: try again.</summary>
    Retryable,

    /// <summary>The other side will never take this event: to the dead letters.</summary>
    Rejected,

    /// <summary>
    /// The configuration is wrong (credentials, topic, certificate), and no event is to blame. Where that is so for the whole sink,
    /// its lane
    /// stops and says so; where it is so for a stream (<see cref="VerdictScope.Stream"/>) and others are delivered, only that stream waits.
    /// </summary>
    Blocked,
}

/// <summary>A verdict with its reason.</summary>
/// <param name="Kind">What became of it.</param>
/// <param name="Reason">A short text for people, without payload or key; empty when delivered.</param>
/// <param name="RetryAfter">When the other side asked to come back; null when it did not say.</param>
/// <param name="Scope">What the verdict is about; matters where <paramref name="Kind"/> leaves the event pending.</param>
public readonly record struct SinkVerdict(
    VerdictKind Kind, string Reason = "", TimeSpan? RetryAfter = null, VerdictScope Scope = VerdictScope.Unknown)
{
    /// <summary>The other side has it.</summary>
    public static SinkVerdict Delivered { get; } = new(VerdictKind.Delivered);
}
