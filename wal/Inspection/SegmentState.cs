namespace Ingest.Wal.Inspection;

/// <summary>What a segment file is.</summary>
public enum SegmentState
{
    /// <summary>Full, and closed with a seal.</summary>
    Sealed,

    /// <summary>The last one, which is appended to.</summary>
    Tail,

    /// <summary>Not the last one, and yet without a valid seal.</summary>
    Unsealed,

    /// <summary>Named like a segment, but too short or without a single valid header or frame.</summary>
    Unreadable,
}
