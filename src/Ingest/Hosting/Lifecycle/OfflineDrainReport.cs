using Ingest.Publishing.Lanes;

namespace Ingest.Hosting.Lifecycle;

/// <summary>How the drain of a dead node's log ended.</summary>
/// <param name="Lanes">The lanes that delivered, as they ended.</param>
/// <param name="Owed">Events that lanes still have to deliver; empty when the lanes that count are owed nothing.</param>
/// <param name="Only">The lanes that count; empty: every lane there is a cursor of.</param>
/// <param name="LeftOut">What lanes that do not count are owed.</param>
/// <param name="DeadLetters">Events in the dead letters: neither owed nor delivered, until an operator decides.</param>
/// <param name="DeadLettersUnread">The dead letters were not read to their end: more may be there.</param>
public sealed record OfflineDrainReport(
    IReadOnlyList<LaneStatus> Lanes,
    IReadOnlyList<OwedEvents> Owed,
    IReadOnlyList<string> Only,
    IReadOnlyList<OwedEvents> LeftOut,
    long DeadLetters,
    bool DeadLettersUnread)
{
    /// <summary>Nothing is owed to the lanes that count.</summary>
    public bool IsEmpty => Owed.Count == 0 && !DeadLettersUnread;
}

/// <summary>Events of the log that a lane has not delivered.</summary>
/// <param name="Lane">The lane, by the name of its cursor.</param>
/// <param name="Events">How many.</param>
/// <param name="Reason">Why not.</param>
public sealed record OwedEvents(string Lane, long Events, string Reason);
