namespace Ingest.Crash.Tests.Power;

/// <summary>When names of files are durable.</summary>
public enum Names
{
    /// <summary>With an fsync of their directory only, as POSIX has it.</summary>
    Strict,

    /// <summary>With any flush that has a name or a size to commit, and in the order they were made, as ext4 does.</summary>
    Journal,
}
