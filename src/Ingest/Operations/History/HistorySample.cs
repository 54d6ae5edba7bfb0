namespace Ingest.Operations.History;

/// <summary>A second of the node.</summary>
/// <param name="UnixMs">When it ended, wall time.</param>
/// <param name="Node">A value for each of <see cref="HistorySeries.OfNode"/>; not a number where it is not known.</param>
/// <param name="Lanes">By lane, a value for each of <see cref="HistorySeries.OfLane"/>.</param>
internal sealed record HistorySample(long UnixMs, double[] Node, IReadOnlyList<(string Lane, double[] Values)> Lanes);
