namespace Ingest.Simulation.Node;

/// <summary>An event as its producer made it.</summary>
/// <param name="Id">Unlike that of every other event.</param>
/// <param name="Stream">Its stream.</param>
/// <param name="Key">Its key; empty: none.</param>
internal sealed record SubmittedEvent(long Id, string Stream, string Key)
{
    /// <summary>What its order is kept within: its stream and its key; empty: nothing.</summary>
    internal string Order { get; } = Key.Length == 0 ? "" : $"{Stream}/{Key}";

    /// <summary>Number it has in the log, once that is known; 0 before.</summary>
    internal long Sequence { get; set; }
}
