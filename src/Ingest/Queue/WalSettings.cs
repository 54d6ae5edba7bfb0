using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Queue;

/// <summary>Section <c>Wal</c>: the node's log.</summary>
public sealed class WalSettings
{
    private const int BlockBytes = 4096;

    /// <summary>Where the log lies. Default empty: <c>wal</c> below the data directory.</summary>
    [Description("Where the log lies; empty: wal below the data directory.")]
    public string Directory { get; set; } = "";

    /// <summary>Bytes of a segment file. Default 64 MiB; 1 MiB to 1 GiB.</summary>
    [Range(1024 * 1024, 1024 * 1024 * 1024), Description("Bytes of a segment file.")]
    public int SegmentBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Segments made ready ahead of use; up to 512 MiB of delivered ones stay for reuse. Default 2; 1 to 16.</summary>
    [Range(1, 16), Description("Segments made ready ahead of use.")]
    public int SegmentsAhead { get; set; } = 2;

    /// <summary>
    /// Bytes of segments with events in them before intake refuses with disk_pressure; segments ready for reuse do not count. Default
    /// 64 GiB; 64 MiB to 1 PiB.
    /// </summary>
    [Range(64L * 1024 * 1024, 1L << 50), Description("Bytes the log may take before intake refuses with disk_pressure.")]
    public long BytesMax { get; set; } = 64L * 1024 * 1024 * 1024;

    /// <summary>Bytes of the last events kept in memory, for lanes that keep up. Default 8 MiB; 0 to 1 GiB, 0: none.</summary>
    [Range(0, 1024 * 1024 * 1024), Description("Bytes of the last events kept in memory, for lanes that keep up; 0: none.")]
    public int TailBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Each event that is taken from memory is compared with the disk, and a lane that finds a difference fails. To look into a doubt: it
    /// costs a read an event. Default false.
    /// </summary>
    [Description("Compares each event taken from memory with the disk; to look into a doubt.")]
    public bool TailCompared { get; set; }

    /// <summary>
    /// Whether groups are written past the page cache (O_DIRECT): less processor time an event, but a lane that is behind what
    /// <see cref="TailBytes"/> holds reads from the disk and not from memory. Default off.
    /// </summary>
    [Description("Auto: writes events past the page cache (O_DIRECT) where the file system takes that. Off: through it.")]
    public DirectWrites DirectWrites { get; set; } = DirectWrites.Off;

    /// <summary>How long delivered events stay for a rewind. Default 0: not at all; up to 10 years.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00"), Description("How long delivered events stay for a rewind.")]
    public TimeSpan Retention { get; set; } = TimeSpan.Zero;

    /// <summary>Bytes of delivered events that stay for a rewind. Default 0: none; up to 1 PiB.</summary>
    [Range(0L, 1L << 50), Description("Bytes of delivered events that stay for a rewind.")]
    public long RetentionBytes { get; set; }

    /// <summary>What contradicts what, one sentence each.</summary>
    public IEnumerable<string> Contradictions()
    {
        if (SegmentBytes % BlockBytes != 0)
        {
            yield return $"Wal:SegmentBytes must be a multiple of {BlockBytes}.";
        }
    }
}

/// <summary>Whether commit groups are written past the page cache.</summary>
public enum DirectWrites
{
    /// <summary>Through the page cache.</summary>
    Off,

    /// <summary>Past it, where the file system takes that; through it where not, which is told.</summary>
    Auto,
}
