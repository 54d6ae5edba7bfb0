namespace Ingest.Wal.Format;

/// <summary>A stretch of numbers given out by one opening of the log (FORMAT.md §9).</summary>
/// <param name="First">The first number it may give out.</param>
/// <param name="Before">The last number known to have been given out before. What is between the two was never given out: it was
/// passed over
/// because it cannot be told what stood behind a damaged end.</param>
/// <param name="Id">Random; the log's own identity for the first.</param>
internal readonly record struct Epoch(long First, long Before, Guid Id)
{
    /// <summary>Numbers passed over in front of it.</summary>
    internal long Skipped => First - 1 - Before;
}
