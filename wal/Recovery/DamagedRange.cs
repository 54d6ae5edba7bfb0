namespace Ingest.Wal.Recovery;

/// <summary>Bytes of a segment that held committed frames and do not any more.</summary>
/// <param name="Offset">Where the damage starts.</param>
/// <param name="Bytes">How many bytes until the next valid frame.</param>
/// <param name="FirstSequence">The number that was expected there.</param>
/// <param name="Records">How many records are lost; 0 when only a commit frame is.</param>
internal readonly record struct DamagedRange(long Offset, long Bytes, long FirstSequence, long Records);
