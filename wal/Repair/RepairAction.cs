namespace Ingest.Wal.Repair;

/// <summary>Kinds of things a repair does.</summary>
public enum RepairAction
{
    /// <summary>Damaged bytes are copied to <c>quarantine/</c>.</summary>
    CopyAside,

    /// <summary>A whole file is moved to <c>quarantine/</c>: no segment of this log, or one that nothing can be read of.</summary>
    MoveAside,

    /// <summary>A segment's file is given the length its header says.</summary>
    RestoreLength,

    /// <summary>A segment's header is written again.</summary>
    RewriteHeader,

    /// <summary>A commit frame is written again from the records before it.</summary>
    RewriteCommit,

    /// <summary>A segment's seal is written again.</summary>
    RewriteSeal,

    /// <summary>The table of epochs is written again from what segments tell of it.</summary>
    RewriteEpochs,

    /// <summary>
    /// A cursor neither of whose positions is valid, or that is another log's, is set to the oldest record: its lane delivers again
    /// what is there.
    /// </summary>
    ResetCursor,

    /// <summary>A torn write behind the last commit is cut, as each start does.</summary>
    CutTail,

    /// <summary>Numbers that a cursor or the clean mark knows of are not used again, though their records are missing.</summary>
    SkipNumbers,

    /// <summary>Records that cannot be brought back are set down as lost.</summary>
    SetDownLoss,
}
