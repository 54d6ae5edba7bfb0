namespace Ingest.Simulation.Model;

/// <summary>Ways to break a log's use of the disk on purpose. The model must notice each of them.</summary>
public enum Mutation
{
    /// <summary>A commit's flush does nothing.</summary>
    SkipsDataFlush,

    /// <summary>A commit is acknowledged first and flushed with the next one.</summary>
    AcknowledgesBeforeFlush,

    /// <summary>A failed flush is tried again, and succeeds.</summary>
    RetriesFailedFlush,

    /// <summary>The log's directory is never synced.</summary>
    SkipsDirectorySync,

    /// <summary>A segment's header is not flushed before the segment gets its name.</summary>
    SkipsHeaderFlush,

    /// <summary>Cursors are not flushed.</summary>
    SkipsCursorFlush,

    /// <summary>The directory of the cursors is not synced.</summary>
    SkipsCursorDirectorySync,
}
