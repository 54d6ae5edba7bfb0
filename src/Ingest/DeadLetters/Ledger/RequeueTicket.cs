namespace Ingest.DeadLetters;

/// <summary>How far a requeue is.</summary>
/// <param name="Ticket">Its number: where it is noted in the dead letters' log.</param>
/// <param name="Letters">Letters it began with.</param>
/// <param name="Delivered">Of these, delivered.</param>
/// <param name="Refused">Refused again: dead letters as before.</param>
/// <param name="Dropped">Given up or void meanwhile.</param>
public sealed record RequeueTicket(long Ticket, long Letters, long Delivered, long Refused, long Dropped)
{
    /// <summary>Not decided yet: waiting or on their way.</summary>
    public long Waiting => Letters - Delivered - Refused - Dropped;
}
