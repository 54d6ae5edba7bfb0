namespace Ingest.Publishing.Lanes;

/// <summary>How a rewind ended.</summary>
/// <param name="Status">What happened.</param>
/// <param name="Detail">For people; empty when done.</param>
public sealed record RewindOutcome(RewindStatus Status, string Detail = "");

/// <summary>What became of a rewind.</summary>
public enum RewindStatus
{
    /// <summary>The cursor is moved and saved; the lane delivers from there.</summary>
    Done,

    /// <summary>No lane has this name.</summary>
    UnknownLane,

    /// <summary>The sequence number is not on disk any more, or not delivered yet.</summary>
    OutOfRange,

    /// <summary>The lane is stopped, because the node drains; nothing has moved.</summary>
    Stopped,

    /// <summary>The position could not be stored; nothing has moved.</summary>
    Failed,
}
