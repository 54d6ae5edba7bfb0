namespace Ingest.Wal.Writing;

/// <summary>How a commit ended.</summary>
public enum CommitOutcome
{
    /// <summary>The group is durable.</summary>
    Committed,

    /// <summary>No room for the next segment; nothing was written.</summary>
    DiskFull,

    /// <summary>A write or flush failed, now or earlier; the log takes nothing more.</summary>
    Poisoned,
}
