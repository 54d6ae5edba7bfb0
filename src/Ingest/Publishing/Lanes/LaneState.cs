namespace Ingest.Publishing.Lanes;

/// <summary>What a lane is doing.</summary>
public enum LaneState
{
    /// <summary>Opening its sink.</summary>
    Opening,

    /// <summary>Batches flow.</summary>
    Delivering,

    /// <summary>Everything is delivered; it waits for events.</summary>
    Idle,

    /// <summary>An attempt failed; it waits before the next.</summary>
    BackingOff,

    /// <summary>The breaker is open: nothing is sent until its pause is over.</summary>
    Open,

    /// <summary>One small batch is under way to find out whether the sink is back.</summary>
    Probing,

    /// <summary>Something is misconfigured, in the sink or in the cursor: an operator has to look. The reason says what.</summary>
    Blocked,

    /// <summary>Draining, and everything is delivered.</summary>
    Drained,

    /// <summary>Not running.</summary>
    Stopped,
}
