namespace Ingest.Simulation.Disk;

/// <summary>What a simulated disk can be told to fail at.</summary>
public enum DiskOperation
{
    /// <summary>Bytes into a file.</summary>
    Write,

    /// <summary>fdatasync of a file.</summary>
    Flush,

    /// <summary>fsync of a directory.</summary>
    Sync,

    /// <summary>A new file.</summary>
    Create,

    /// <summary>Opening a file.</summary>
    Open,

    /// <summary>Renaming a file.</summary>
    Rename,

    /// <summary>Deleting a file.</summary>
    Delete,

    /// <summary>Bytes out of a file.</summary>
    Read,
}
