using Ingest.Publishing.Requeue;

namespace Ingest.DeadLetters.Ledger;

/// <summary>What the ledger keeps of one lane.</summary>
internal sealed class LaneDeadLetters
{
    internal long Count { get; set; }

    internal long Bytes { get; set; }

    /// <summary>Events of letters to be sent again, in the order of their numbers.</summary>
    internal SortedSet<long> Requeued { get; } = [];

    /// <summary>Deliveries that the lane's accounts on disk may not have yet, in the order of their positions.</summary>
    internal Queue<RequeueSettlement> Settlements { get; } = new();
}
