namespace Ingest.Worker.Verify.Judging;

/// <summary>What a producer knows of an attempt.</summary>
internal enum Outcome
{
    /// <summary>202: the events are stored.</summary>
    Accepted,

    /// <summary>4xx: nothing of it is stored.</summary>
    Refused,

    /// <summary>5xx, no answer, or a sender that was killed: stored or not.</summary>
    Unknown,
}
