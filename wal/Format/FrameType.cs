namespace Ingest.Wal.Format;

/// <summary>What a frame is (FORMAT.md §3).</summary>
public enum FrameType : byte
{
    /// <summary>Unused space: zero-filled.</summary>
    None = 0,

    /// <summary>One record.</summary>
    Record = 1,

    /// <summary>Ends a commit group: everything since the previous commit is valid only together with it.</summary>
    Commit = 2,

    /// <summary>Ends a segment: the next record is in the next segment.</summary>
    Seal = 3,
}
