namespace Ingest.Wal.Segments;

/// <summary>How far the frames of a segment go.</summary>
/// <param name="End">Bytes below this offset are committed.</param>
/// <param name="Last">The number of the last record below it; one less than the segment's first when there is none.</param>
internal readonly record struct SegmentBounds(long End, long Last);
