namespace Ingest.Wal.Inspection;

/// <summary>One segment file.</summary>
public sealed record SegmentSummary
{
    /// <summary>File name.</summary>
    public required string File { get; init; }

    /// <summary>What it is.</summary>
    public required SegmentState State { get; init; }

    /// <summary>The log its header names; null when the header is damaged.</summary>
    public Guid? LogId { get; init; }

    /// <summary>The number of its first record.</summary>
    public required long BaseSequence { get; init; }

    /// <summary>The number of its last record; one less than the first when it has none.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Length of the file.</summary>
    public required long Bytes { get; init; }

    /// <summary>Where its frames end.</summary>
    public required long BytesUsed { get; init; }

    /// <summary>Earliest wall time of its commits; null when it has none or that is not known.</summary>
    public long? FirstUnixMs { get; init; }

    /// <summary>Latest wall time of its commits; null when it has none or that is not known.</summary>
    public long? LastUnixMs { get; init; }
}
