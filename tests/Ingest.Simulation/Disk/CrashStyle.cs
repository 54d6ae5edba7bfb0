namespace Ingest.Simulation.Disk;

/// <summary>What becomes of the unflushed at a crash.</summary>
public enum CrashStyle
{
    /// <summary>The process was killed: the page cache survives, nothing is lost.</summary>
    ProcessKilled,

    /// <summary>Nothing unflushed survives.</summary>
    AllLost,

    /// <summary>Each sector and each directory entry by itself, some sectors torn, directory changes reordered.</summary>
    AnySubset,

    /// <summary>Sectors survive up to some point of each file, none after it.</summary>
    Prefix,

    /// <summary>All but one or two sectors survive.</summary>
    AlmostAllKept,
}
