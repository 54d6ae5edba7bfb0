namespace Ingest.Drain;

/// <summary>What is in the log and not yet delivered everywhere.</summary>
/// <param name="Events">Events a lane still has to settle; the lane with the most counts.</param>
/// <param name="Bytes">Their bytes in the log.</param>
/// <param name="OldestAge">Age of the oldest, zero when there is none.</param>
public readonly record struct DrainBacklog(long Events, long Bytes, TimeSpan OldestAge);
