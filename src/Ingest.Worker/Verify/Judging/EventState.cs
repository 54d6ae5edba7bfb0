namespace Ingest.Worker.Verify.Judging;

/// <summary>What is known of an event, in one byte.</summary>
[Flags]
internal enum EventState : byte
{
    /// <summary>Never sent.</summary>
    None = 0,

    /// <summary>Sent at least once.</summary>
    Sent = 1,

    /// <summary>The last attempt has no answer yet.</summary>
    Open = 2,

    /// <summary>An attempt may have been stored.</summary>
    Maybe = 4,

    /// <summary>Answered with 202.</summary>
    Acknowledged = 8,

    /// <summary>In the sink.</summary>
    Arrived = 16,
}
