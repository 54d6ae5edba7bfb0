namespace Ingest.Health;

/// <summary>Why intake refuses, in order of precedence: the first that applies is answered.</summary>
public enum RefusalCode
{
    /// <summary>The process is starting.</summary>
    Starting,

    /// <summary>The log failed; the process is about to exit.</summary>
    LogFailed,

    /// <summary>The node is draining.</summary>
    Draining,

    /// <summary>The operator's policy refuses.</summary>
    PolicyRefused,

    /// <summary>Memory is above its high threshold.</summary>
    MemoryPressure,

    /// <summary>The disk or the log's share of it is full.</summary>
    DiskPressure,

    /// <summary>The queue is full.</summary>
    Overloaded,
}
