namespace Ingest.Publishing.Lanes;

/// <summary>What a drain left behind. Leftovers are no error: they stay in the log for the next start.</summary>
/// <param name="IsEmpty">Every lane delivered everything.</param>
/// <param name="Lanes">The lanes as the drain ended.</param>
public sealed record DrainReport(bool IsEmpty, IReadOnlyList<LaneStatus> Lanes);
