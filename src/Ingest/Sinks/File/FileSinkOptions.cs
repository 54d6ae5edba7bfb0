using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Sinks.Files;

/// <summary>Section <c>Sinks:NAME</c> of a file sink.</summary>
public sealed class FileSinkOptions
{
    /// <summary>Where the streams' folders are. Default empty: <c>out</c> below the data directory. One process and sink at a
    /// time.</summary>
    [Description("Where the streams' folders are; empty: out below the data directory.")]
    public string Directory { get; set; } = "";

    /// <summary>A file this large is followed by a new one. Default 256 MiB; 4 KiB to 1 TiB. A single larger event has a file of its
    /// own.</summary>
    [Range(4096L, 1L << 40), Description("A file this large is followed by a new one.")]
    public long RotateBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>A file this old is followed by a new one with the next event. Default 0: never because of age; up to 365 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00"), Description("A file this old is followed by a new one; 0: never because of age.")]
    public TimeSpan RotateAge { get; set; } = TimeSpan.Zero;

    /// <summary>Files kept open; of more streams, those longest unused are closed. Default 64; 1 to 4,096.</summary>
    [Range(1, 4096), Description("Files kept open at once.")]
    public int OpenFilesMax { get; set; } = 64;
}
