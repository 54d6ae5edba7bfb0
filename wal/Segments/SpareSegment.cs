using Ingest.Wal.Storage;

namespace Ingest.Wal.Segments;

/// <summary>A file of a segment's length whose blocks are all written: ready to become a segment.</summary>
/// <param name="FileName">Its present name.</param>
/// <param name="File">Open for writing; the holder of the spare closes it.</param>
internal sealed record SpareSegment(string FileName, IWalFile File);
