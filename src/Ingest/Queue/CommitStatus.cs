namespace Ingest.Queue;

/// <summary>What became of a submitted batch.</summary>
public enum CommitStatus
{
    /// <summary>On disk, flushed.</summary>
    Durable,

    /// <summary>The queue stayed full for <see cref="QueueOptions.AdmissionWait"/>; nothing was stored.</summary>
    Overloaded,

    /// <summary>The batch is larger than a log segment takes; nothing was stored.</summary>
    TooLarge,

    /// <summary>The disk is full; nothing was stored.</summary>
    DiskFull,

    /// <summary>A write or flush failed. The batch may or may not survive; it is not acknowledged.</summary>
    LogFailed,

    /// <summary>The queue is closed for draining; nothing was stored.</summary>
    Closed,
}

/// <summary>The answer to a submitted batch.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="First">The first sequence number, when durable.</param>
/// <param name="Last">The last sequence number, when durable.</param>
public readonly record struct CommitReceipt(CommitStatus Status, long First = 0, long Last = 0);
