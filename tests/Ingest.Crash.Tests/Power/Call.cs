namespace Ingest.Crash.Tests.Power;

/// <summary>A call in the middle of which the power can go.</summary>
public enum Call
{
    /// <summary>Bytes, a new length, or room made ahead.</summary>
    Write,

    /// <summary>fsync or fdatasync, of a file or directory.</summary>
    Flush,

    /// <summary>A creation, rename or removal.</summary>
    Name,

    /// <summary>Whichever comes.</summary>
    Any,
}
