namespace Ingest.Publishing.Accounting;

/// <summary>How an event was settled.</summary>
internal enum Settlement : byte
{
    /// <summary>Not yet.</summary>
    Pending = 0,

    /// <summary>The sink has it.</summary>
    Delivered = 1,

    /// <summary>The sink refused it; it is in the dead letters.</summary>
    DeadLettered = 2,

    /// <summary>Not readable from the log.</summary>
    Lost = 3,

    /// <summary>The sink cannot take it while it takes others; it is durable among the parked events, and pending still.</summary>
    Parked = 4,
}
