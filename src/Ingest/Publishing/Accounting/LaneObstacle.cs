using Ingest.Publishing.Lanes;

namespace Ingest.Publishing.Accounting;

/// <summary>
/// Remembers what last kept a lane from delivering: an operator reads it of a lane that a drain has stopped with events left. Forgotten
/// when the lane's position moves. Not synchronized: the lane loop publishes, and reads at its end.
/// </summary>
internal sealed class LaneObstacle
{
    private long _settled;

    /// <summary>Why it did not deliver; empty when nothing was in its way since it last did.</summary>
    internal string Reason { get; private set; } = "";

    internal void Note(in LaneGauges gauges)
    {
        if (gauges.Reason.Length > 0 || gauges.Settled != _settled)
        {
            (Reason, _settled) = (gauges.Reason, gauges.Settled);
        }
    }
}
