using Ingest.Wal.Format;

namespace Ingest.Wal.Recovery;

/// <summary>A damaged range of a segment, copied aside.</summary>
/// <param name="Segment">The segment's file name.</param>
/// <param name="Offset">Where the damage starts, in bytes.</param>
/// <param name="Bytes">How many bytes were skipped.</param>
/// <param name="FirstSequence">The first lost sequence number; of a whole file that was moved aside, the one its name begins with.</param>
/// <param name="Records">How many records are lost; of a whole file those up to the next segment, 0 where that cannot be told.</param>
/// <param name="Copy">The file in <c>quarantine/</c> that holds a copy.</param>
public readonly record struct QuarantinedRange(string Segment, long Offset, long Bytes, long FirstSequence, long Records, string Copy)
{
    /// <summary>Not a copy of damaged bytes, but a file that is no segment of this log, moved aside.</summary>
    public bool IsWholeFile => Copy.EndsWith(SegmentName.Extension, StringComparison.Ordinal);
}
