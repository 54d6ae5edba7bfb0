namespace Ingest.Crash.Tests.Power;

/// <summary>What of the unflushed a loss of power leaves.</summary>
public enum Kept
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Each sector and each change of a name or not, some sectors torn.</summary>
    Any,

    /// <summary>Up to some point of each file, and of the changes of names.</summary>
    Prefix,

    /// <summary>Nearly everything.</summary>
    Almost,
}
