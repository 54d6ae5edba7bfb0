namespace Ingest.Wal.Retention;

/// <summary>What a reclaim did.</summary>
/// <param name="SegmentsDeleted">Segments removed from the disk.</param>
/// <param name="SegmentsRecycled">Segments kept as ready-made room for later ones.</param>
public readonly record struct ReclaimResult(int SegmentsDeleted, int SegmentsRecycled);
