namespace Ingest.Wal.Recovery;

/// <summary>A damaged range of a segment, copied aside.</summary>
/// <param name="Segment">The segment's file name.</param>
/// <param name="Offset">Where the damage starts, in bytes.</param>
/// <param name="Bytes">How many bytes were skipped.</param>
/// <param name="FirstSequence">The first lost sequence number.</param>
/// <param name="Records">How many records are lost.</param>
/// <param name="Copy">The file in <c>quarantine/</c> that holds a copy.</param>
public readonly record struct QuarantinedRange(string Segment, long Offset, long Bytes, long FirstSequence, long Records, string Copy);
