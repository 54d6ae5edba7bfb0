namespace Ingest.DeadLetters.Projection;

/// <summary>Letters that have something in common, counted. What the letters were not grouped by is null.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Reason">The class of the reason (<see cref="RefusalReason.ClassOf"/>).</param>
/// <param name="Requeued">Whether they wait to be sent again or are on their way.</param>
/// <param name="Count">How many letters.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record DeadLetterGroup(string? Lane, string? Stream, string? Reason, bool? Requeued, long Count, long Bytes);

/// <summary>What letters are grouped by.</summary>
[Flags]
public enum DeadLetterGrouping
{
    /// <summary>Nothing: one group of all.</summary>
    None = 0,

    /// <summary>By lane.</summary>
    Lane = 1,

    /// <summary>By stream.</summary>
    Stream = 2,

    /// <summary>By class of the reason.</summary>
    Reason = 4,

    /// <summary>By state.</summary>
    State = 8,
}
