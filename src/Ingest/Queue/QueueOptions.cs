using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Queue;

/// <summary>Section <c>Queue</c>: what may wait for the disk.</summary>
public sealed class QueueOptions
{
    /// <summary>The least <see cref="DepthBytes"/> may be.</summary>
    internal const long DepthBytesMin = 1024 * 1024;

    /// <summary>Requests that may wait for a commit. Default 8,192; 16 to 1,048,576.</summary>
    [Range(16, 1_048_576), Description("Requests that may wait for a commit.")]
    public int DepthItems { get; set; } = 8192;

    /// <summary>Bytes of encoded events that may wait for a commit. Default 64 MiB; 1 MiB to 4 GiB.</summary>
    [Range(DepthBytesMin, 4L * 1024 * 1024 * 1024), Description("Bytes of encoded events that may wait for a commit.")]
    public long DepthBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long a request waits for room before it is refused as overloaded. Default 1 s; 0 to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00"), Description("How long a request waits for room before 503 overloaded.")]
    public TimeSpan AdmissionWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Largest commit group in bytes; one larger batch is committed alone. Default 4 MiB; 64 KiB to 32 MiB.</summary>
    [Range(64 * 1024, 32 * 1024 * 1024), Description("Largest commit group in bytes.")]
    public int CommitBytesMax { get; set; } = 4 * 1024 * 1024;
}
