using Ingest.Wal.Format;

namespace Ingest.Wal.Inspection;

/// <summary>A frame, or a stretch of bytes where frames should be.</summary>
public readonly record struct DumpedFrame
{
    /// <summary>The segment's file name.</summary>
    public required string File { get; init; }

    /// <summary>Where it starts.</summary>
    public required long Offset { get; init; }

    /// <summary>How many bytes it takes, padding included.</summary>
    public required long Bytes { get; init; }

    /// <summary>What it is; <see cref="FrameType.None"/> for bytes that are no frame.</summary>
    public required FrameType Type { get; init; }

    /// <summary>A record's number; a commit's or seal's last one; the first one missing where there is no frame.</summary>
    public required long Sequence { get; init; }

    /// <summary>Header and body have the right checksums.</summary>
    public required bool Valid { get; init; }

    /// <summary>The body, as it is on disk.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>A commit's wall time.</summary>
    public long? UnixMs { get; init; }

    /// <summary>How many records a commit or a seal closes.</summary>
    public long? Records { get; init; }
}
