namespace Ingest.Wal.Tests.Testing;

/// <summary>What a test of the log runs on: each on both.</summary>
public enum DiskKind
{
    /// <summary>The disk of Ingest.Simulation.</summary>
    Simulated,

    /// <summary>A directory of the real file system.</summary>
    Real,
}
